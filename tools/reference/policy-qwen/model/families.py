"""Whole model directories of Qwen2-VL and Qwen3-VL, and what transformers and PEFT make of them.

For each family a tiny random model is saved, once as transformers names its tensors in files and once as in memory; two
pictures and a conversation go in, image tensors, log-probabilities and greedy tokens come out, with and without an adapter.

    PYTHONPATH=WITH_PILLOW python tools/reference/policy-qwen/model/families.py   (from the repository root)
"""

import json
import os
import pathlib
import shutil
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import peft
import PIL
import torch
import transformers
from PIL import Image

here = pathlib.Path(__file__).parent
sys.path += [str(here), str(here.parent / "inputs")]
import tiny_tokenizer
from formula import uniform
from tiny_model import CHAT_TEMPLATE

torch.set_num_threads(2)
OUT = pathlib.Path("packages/policy-qwen/src/families/__fixtures__")
QUESTION = "What is in the pictures?"
COMPLETIONS = ["<think>A dog.</think> \\boxed{3}", "two"]
# The second is 15 times as wide as high.
PICTURES = [(50, 37), (120, 8)]
DEFAULT_SYSTEM = "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
assert DEFAULT_SYSTEM in CHAT_TEMPLATE

tokenizer = tiny_tokenizer.build()
token = tokenizer.convert_tokens_to_ids
TOKENS = dict(
    image_token_id=token("<|image_pad|>"), video_token_id=token("<|video_pad|>"),
    vision_start_token_id=token("<|vision_start|>"), vision_end_token_id=token("<|vision_end|>"),
)
TEXT = dict(
    vocab_size=len(tokenizer), hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2,
    num_key_value_heads=1, rms_norm_eps=1e-6, max_position_embeddings=512, bos_token_id=None,
    eos_token_id=token("<|im_end|>"), pad_token_id=token("<|endoftext|>"),
)
FAMILIES = {
    "qwen2-vl": dict(
        config=lambda: transformers.Qwen2VLConfig(
            text_config=dict(TEXT, rope_parameters=dict(rope_type="default", rope_theta=1e6, mrope_section=[2, 1, 1])),
            vision_config=dict(depth=2, embed_dim=8, hidden_size=16, mlp_ratio=2, num_heads=2, patch_size=4),
            tie_word_embeddings=False, **TOKENS,
        ),
        model=transformers.Qwen2VLForConditionalGeneration, template=CHAT_TEMPLATE, mean=None,
    ),
    "qwen3-vl": dict(
        config=lambda: transformers.Qwen3VLConfig(
            text_config=dict(
                TEXT, head_dim=12,
                rope_parameters=dict(rope_type="default", rope_theta=5e6, mrope_section=[2, 2, 2], mrope_interleaved=True),
            ),
            vision_config=dict(
                depth=3, hidden_size=8, intermediate_size=12, num_heads=2, out_hidden_size=16, patch_size=4,
                num_position_embeddings=25, deepstack_visual_indexes=[0, 1],
            ),
            tie_word_embeddings=True, **TOKENS,
        ),
        model=transformers.Qwen3VLForConditionalGeneration, template=CHAT_TEMPLATE.replace(DEFAULT_SYSTEM, ""), mean=[0.5] * 3,
    ),
}

pictures = [
    (uniform(f"family picture {i}", width * height * 3) * 256).astype(np.uint8).reshape(height, width, 3)
    for i, (width, height) in enumerate(PICTURES)
]
shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir(parents=True)
expected = dict(
    versions=dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__, pillow=PIL.__version__),
    question=QUESTION, completions=COMPLETIONS, temperature=0.9, pictures=PICTURES, families={},
)
for name, family in FAMILIES.items():
    directory = OUT / name
    torch.manual_seed(5)
    model = family["model"](family["config"]()).eval()
    for parameter_name, parameter in model.named_parameters():
        # Weights with which nothing stays near linear, and norms that are not 1.
        scale = 0.2 if parameter.ndim == 1 else parameter[0].numel() ** -0.5
        parameter.data = parameter.data * (1 if parameter.ndim == 1 else 0) + scale * torch.randn_like(parameter)
    model.to(torch.bfloat16).float()
    model.generation_config = transformers.GenerationConfig(
        do_sample=True, temperature=1e-6, pad_token_id=tokenizer.pad_token_id, eos_token_id=[tokenizer.eos_token_id]
    )
    processor = transformers.Qwen2VLImageProcessorPil(
        patch_size=4, size=dict(shortest_edge=256, longest_edge=8192),
        **(dict(image_mean=family["mean"], image_std=family["mean"]) if family["mean"] else {}),
    )
    model.to(torch.bfloat16).save_pretrained(directory)
    tokenizer.chat_template = family["template"]
    tokenizer.save_pretrained(directory)
    processor.save_pretrained(directory)
    # The class that makes the references here; it is saved under the name of the one that needs torchvision.
    processor_file = directory / "preprocessor_config.json"
    settings = {**json.loads(processor_file.read_text()), "image_processor_type": "Qwen2VLImageProcessorPil"}
    processor_file.write_text(json.dumps(settings, indent=2) + "\n")
    tokenizer_file = directory / "tokenizer.json"
    tokenizer_file.write_text(json.dumps(json.loads(tokenizer_file.read_text()), ensure_ascii=False, separators=(",", ":")) + "\n")
    in_memory = OUT / f"{name}-in-memory"
    model.save_pretrained(in_memory, save_original_format=False)
    shutil.move(in_memory / "model.safetensors", directory / "in-memory.safetensors")
    shutil.rmtree(in_memory)

    model = family["model"].from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
    seen = processor(images=[Image.fromarray(picture) for picture in pictures], return_tensors="pt")
    content = [*({"type": "image"} for _ in pictures), {"type": "text", "text": QUESTION}]
    text = tokenizer.apply_chat_template([{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True)
    parts = text.split("<|image_pad|>")
    counts = [int(grid.prod()) // 4 for grid in seen["image_grid_thw"]]
    text = parts[0] + "".join("<|image_pad|>" * count + part for count, part in zip(counts, parts[1:]))
    prompt = tokenizer(text, add_special_tokens=False)["input_ids"]

    def inputs(ids):
        ids = torch.tensor([ids])
        return dict(
            input_ids=ids, attention_mask=torch.ones_like(ids), mm_token_type_ids=(ids == TOKENS["image_token_id"]).long(),
            pixel_values=seen["pixel_values"], image_grid_thw=seen["image_grid_thw"],
        )

    def scores(model, completion):
        ids = tokenizer(completion, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = model(**inputs(prompt + ids)).logits[0, len(prompt) - 1 : -1] / expected["temperature"]
        log_probs = torch.log_softmax(logits, -1)
        return dict(
            tokens=ids,
            logProbs=log_probs.gather(1, torch.tensor(ids)[:, None])[:, 0].tolist(),
            entropies=(-(log_probs.exp() * log_probs).sum(-1)).tolist(),
        )

    def everything(model):
        with torch.no_grad():
            greedy = model.generate(
                **inputs(prompt), max_new_tokens=16, do_sample=False, eos_token_id=token("<|im_end|>"),
                suppress_tokens=list(TOKENS.values()),
            )
        return dict(scores=[scores(model, completion) for completion in COMPLETIONS], greedy=greedy[0, len(prompt) :].tolist())

    flat = seen["pixel_values"].flatten()
    at = sorted({*range(0, flat.numel(), flat.numel() // 199), flat.numel() - 1})
    result = dict(
        ids=prompt, grids=seen["image_grid_thw"].tolist(), pixels=dict(at=at, values=[float(flat[i]) for i in at]), base=everything(model)
    )
    adapted = peft.get_peft_model(
        model, peft.LoraConfig(r=2, lora_alpha=6, target_modules=["q_proj", "v_proj", "qkv"], task_type="CAUSAL_LM")
    ).eval()
    torch.manual_seed(4)
    for parameter_name, parameter in adapted.named_parameters():
        if "lora_B" in parameter_name:
            torch.nn.init.normal_(parameter, std=0.5)
    adapted.save_pretrained(OUT / f"{name}-adapter")
    (OUT / f"{name}-adapter/README.md").unlink(missing_ok=True)
    adapter_file = OUT / f"{name}-adapter/adapter_config.json"
    adapter_file.write_text(json.dumps({**json.loads(adapter_file.read_text()), "base_model_name_or_path": name}, indent=2) + "\n")
    result["adapted"] = everything(adapted)
    expected["families"][name] = result
    print(name, len(prompt), result["grids"], result["base"]["greedy"], result["adapted"]["greedy"], result["base"]["scores"][1])

for path in OUT.rglob("*.safetensors"):
    path.chmod(0o644)
(OUT / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
for path in sorted(OUT.rglob("*")):
    if path.is_file():
        print(path.relative_to(OUT), path.stat().st_size)
