"""Two tiny random Qwen2.5-VL models in bfloat16, each with a PEFT adapter, and what torch makes of them once their weights are bfloat16, int8
or nf4: log-probabilities, entropies and gradients of the adapters, in float32 over the widened weights; and how far torch's own bfloat16
is from them. The quantised weights are those of bitsandbytes, a checkpoint of which is written too.

    PYTHONPATH=BITSANDBYTES_SOURCE python tools/reference/trainer/narrow_weights.py   (from the repository root)

bitsandbytes needs no compiled library for this: its operations in plain torch do.
"""

import base64
import copy
import json
import os
import pathlib
import shutil

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import bitsandbytes
import numpy as np
import peft
import torch
import transformers
from bitsandbytes import functional
from safetensors.torch import save_file

torch.set_num_threads(2)
torch.manual_seed(1)
OUT = pathlib.Path("apps/trainer/test/__fixtures__/narrow-weights")
TOKENS = dict(image_token_id=561, video_token_id=562, vision_start_token_id=558, vision_end_token_id=559, bos_token_id=549, eos_token_id=551)
VISION = dict(
    depth=2, in_chans=3, patch_size=4, temporal_patch_size=2, spatial_merge_size=2, spatial_patch_size=4, window_size=16,
    fullatt_block_indexes=[1], tokens_per_second=2, hidden_act="silu",
)
TEXT = dict(
    model_type="qwen2_5_vl", architectures=["Qwen2_5_VLForConditionalGeneration"], **TOKENS, vocab_size=576, num_hidden_layers=2,
    hidden_act="silu", rms_norm_eps=1e-6, rope_theta=1e6, max_position_embeddings=512, use_sliding_window=False, torch_dtype="bfloat16",
)
MODELS = {
    # Rows are whole blocks of 64.
    "even": dict(
        TEXT, hidden_size=64, intermediate_size=128, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
        rope_scaling=dict(type="mrope", mrope_section=[2, 3, 3]),
        vision_config=dict(VISION, hidden_size=32, intermediate_size=48, num_heads=2, out_hidden_size=64),
    ),
    # Blocks straddle rows, and a row of the vision tower ends within a word.
    "odd": dict(
        TEXT, hidden_size=72, intermediate_size=100, num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=False,
        rope_scaling=dict(type="mrope", mrope_section=[2, 2, 2]),
        vision_config=dict(VISION, hidden_size=36, intermediate_size=27, num_heads=3, out_hidden_size=72),
    ),
}
GRID = (1, 4, 6)
PROMPT = [30, 41, 7, 558] + [561] * 6 + [559, 12, 90, 200, 33, 14, 9]
COMPLETIONS = [[int(v) for v in np.random.default_rng(i).integers(3, 540, n)] for i, n in enumerate([17, 9, 23])]
# Small matrices are not worth 4 bits, and embedding and head get 8.
FEW = 4096


def encode(array) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def published(name: str) -> str:
    if name.startswith("model.visual."):
        return name[len("model."):]
    if name.startswith("model.language_model."):
        return "model." + name[len("model.language_model."):]
    return name


def is_matrix(name: str, tensor: torch.Tensor) -> bool:
    return tensor.dim() > 1


def int8(weight: torch.Tensor) -> torch.Tensor:
    rows = weight.reshape(weight.shape[0], -1)
    scale = rows.abs().amax(1, keepdim=True) / 127
    return (torch.round(rows / scale) * scale).reshape(weight.shape)


def nf4(weight: torch.Tensor) -> torch.Tensor:
    codes, state = functional.quantize_4bit(weight.contiguous(), blocksize=64, quant_type="nf4")
    return functional.dequantize_4bit(codes, state).reshape(weight.shape)


def as_held(name: str, weight: torch.Tensor, form: str) -> torch.Tensor:
    if form == "bfloat16" or not is_matrix(name, weight):
        return weight
    if form == "int8" or "embed_tokens" in name or "lm_head" in name:
        return int8(weight)
    return weight if weight.numel() < FEW else nf4(weight)


def run(model, inputs):
    """[3][T] log-probabilities and entropies of the completions, differentiable."""
    rows = []
    for completion in COMPLETIONS:
        whole = dict(inputs)
        whole["input_ids"] = torch.tensor([PROMPT + completion])
        whole["attention_mask"] = torch.ones_like(whole["input_ids"])
        whole["mm_token_type_ids"] = (whole["input_ids"] == 561).long()
        logits = model(**whole).logits[0, len(PROMPT) - 1 : -1].float()
        log_probs = torch.log_softmax(logits, -1)
        chosen = log_probs.gather(1, torch.tensor(completion)[:, None])[:, 0]
        rows.append((chosen, -(log_probs.exp() * log_probs).sum(-1)))
    return rows


def randomise(model) -> None:
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            if parameter.dim() == 1:
                parameter.normal_(1 if "norm" in name or "ln_q" in name else 0, 0.1)
            elif "embed_tokens" in name or "lm_head" in name:
                parameter.normal_(0, 0.3)
            else:
                parameter.normal_(0, (parameter[0].numel()) ** -0.5)
            parameter.copy_(parameter.to(torch.bfloat16).float())


def quantised_checkpoint(directory: pathlib.Path, config: dict, weights: dict) -> dict:
    """As transformers saves a model that was loaded in 4 bits: all linear layers but those skipped, scales quantised too."""
    skipped = ["visual.merger", "lm_head"]
    tensors, widened = {}, {}
    for name, weight in weights.items():
        linear = weight.dim() == 2 and "embed_tokens" not in name and not any(name.startswith(module) for module in skipped)
        if not linear:
            tensors[name] = weight.to(torch.bfloat16)
            continue
        codes, state = functional.quantize_4bit(weight.to(torch.bfloat16), blocksize=64, quant_type="nf4", compress_statistics=True)
        tensors[name] = codes
        for key, value in state.as_dict(packed=True).items():
            tensors[f"{name}.{key}"] = value
        state.dtype = torch.float32
        widened[name] = functional.dequantize_4bit(codes, state)
    directory.mkdir(parents=True)
    quantization = transformers.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype="bfloat16", llm_int8_skip_modules=skipped
    ).to_dict()
    with open(directory / "config.json", "w") as file:
        json.dump(dict(config, quantization_config=quantization), file, indent=2)
        file.write("\n")
    save_file(tensors, str(directory / "model.safetensors"), metadata={"format": "pt"})
    return widened


shutil.rmtree(OUT, ignore_errors=True)
expected = dict(
    versions=dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__, bitsandbytes=bitsandbytes.__version__),
    prompt=PROMPT, grid=GRID, completions=COMPLETIONS, models={},
)
pixels = torch.randn(GRID[0] * GRID[1] * GRID[2], 96)
expected["pixels"] = encode(pixels.numpy())

for name, settings in MODELS.items():
    config = transformers.Qwen2_5_VLConfig(**{k: v for k, v in settings.items() if k != "model_type"})
    config._attn_implementation = "eager"
    model = transformers.Qwen2_5_VLForConditionalGeneration(config).float().eval()
    randomise(model)
    weights = {published(n): p.detach().clone() for n, p in model.named_parameters()}
    (OUT / name).mkdir(parents=True)
    with open(OUT / name / "config.json", "w") as file:
        json.dump(settings, file, indent=2)
        file.write("\n")
    save_file({n: w.to(torch.bfloat16).contiguous() for n, w in weights.items()}, str(OUT / name / "model.safetensors"), metadata={"format": "pt"})

    ids = torch.tensor([PROMPT])
    inputs = dict(pixel_values=pixels, image_grid_thw=torch.tensor([GRID]))
    positions, delta = model.model.get_rope_index(
        ids, (ids == 561).long(), image_grid_thw=inputs["image_grid_thw"], attention_mask=torch.ones_like(ids)
    )
    entry = dict(positions=positions[:, 0].flatten().tolist(), ropeDelta=int(delta), formats={})
    expected["models"][name] = entry

    def put(change) -> None:
        with torch.no_grad():
            for n, p in model.named_parameters():
                p.copy_(change(published(n), weights[published(n)]))

    if name == "even":
        widened = quantised_checkpoint(OUT / "even-bnb-4bit", settings, weights)
        put(lambda n, w: widened.get(n, w))
        with torch.no_grad():
            entry["bitsandbytes"] = [chosen.tolist() for chosen, _ in run(model, inputs)]
    put(lambda n, w: w)
    with torch.no_grad():
        exact = torch.cat([chosen for chosen, _ in run(model, inputs)])
        rounded = copy.deepcopy(model)
        # Rotary frequencies stay float32, as in a model that is loaded in bfloat16.
        for parameter in rounded.parameters():
            parameter.data = parameter.data.to(torch.bfloat16)
        half = torch.cat([chosen for chosen, _ in run(rounded, dict(inputs, pixel_values=pixels.to(torch.bfloat16)))])
    entry["bfloat16Error"] = float((exact - half).abs().mean())

    base = {}
    for form in ["bfloat16", "int8", "nf4"]:
        put(lambda n, w: as_held(n, w, form))
        with torch.no_grad():
            base[form] = [chosen.tolist() for chosen, _ in run(model, inputs)]

    lora = peft.LoraConfig(
        r=2, lora_alpha=4, lora_dropout=0.0, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        exclude_modules=".*visual.*", task_type="CAUSAL_LM",
    )
    adapted = peft.get_peft_model(model, lora)
    factors = {n: p for n, p in adapted.named_parameters() if "lora_" in n}
    with torch.no_grad():
        for parameter in factors.values():
            parameter.normal_(0, 0.2)
    adapted.peft_config["default"].base_model_name_or_path = name
    adapted.save_pretrained(str(OUT / f"{name}-adapter"))
    (OUT / f"{name}-adapter" / "README.md").unlink(missing_ok=True)
    originals = {n: p for n, p in adapted.named_parameters() if "lora_" not in n}
    for form in ["bfloat16", "int8", "nf4"]:
        with torch.no_grad():
            for n, p in originals.items():
                own = published(n.removeprefix("base_model.model.").replace(".base_layer.", "."))
                p.copy_(as_held(own, weights[own], form))
        for parameter in factors.values():
            parameter.grad = None
        rows = run(adapted, inputs)
        # Log-probabilities and entropies, weighted so that no error cancels.
        objective = sum(
            (chosen * torch.cos(torch.arange(len(chosen)) + 1.0)).sum() + (entropy * torch.sin(torch.arange(len(chosen)) + 2.0)).sum()
            for chosen, entropy in rows
        )
        objective.backward()
        gradients = {}
        for n, p in factors.items():
            module, factor = n.removeprefix("base_model.model.").split(".lora_")
            gradients[f"{published(module)}.{factor[0]}"] = encode(p.grad.numpy())
        entry["formats"][form] = dict(
            base=base[form], logProbs=[chosen.tolist() for chosen, _ in rows], entropies=[e.tolist() for _, e in rows], gradients=gradients
        )
    print(name, entry["bfloat16Error"], [entry["formats"][f]["logProbs"][0][:3] for f in entry["formats"]])

# What packing gives, of rows that are whole blocks and of such that are not; one block is zero.
packing = []
for shape in [(6, 128), (5, 70), (3, 33)]:
    values = torch.randn(shape)
    if shape == (6, 128):
        values[2, :64] = 0
    codes, state = functional.quantize_4bit(values, blocksize=64, quant_type="nf4")
    packing.append(dict(shape=shape, values=encode(values.numpy()), codes=encode(codes.numpy()), absmax=encode(state.absmax.numpy())))
expected["packing"] = packing
with open(OUT / "expected.json", "w") as file:
    json.dump(expected, file, separators=(",", ":"))
    file.write("\n")
