"""A whole model directory in transformers: image and conversation in, log-probabilities and greedy tokens out, with and without a PEFT adapter.

    python tools/reference/policy-qwen/model/policy.py   (from the repository root, after inputs/directories.py; writes policy.json)
"""

import json
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import peft
import torch
import transformers
from PIL import Image

sys.path.insert(0, os.path.dirname(__file__))
from formula import uniform

torch.set_num_threads(2)
FIXTURES = "packages/policy-qwen/src/files/__fixtures__"
OUT = "packages/policy-qwen/src/__fixtures__/policy.json"

WIDTH, HEIGHT = 50, 37
image = (uniform("policy image", WIDTH * HEIGHT * 3) * 256).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)
QUESTION = "What is in the picture?"
COMPLETIONS = ["<think>A dog.</think> \\boxed{3}", "two"]

model_directory = f"{FIXTURES}/nested-bf16"
processor = transformers.AutoProcessor.from_pretrained(model_directory)
model = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(model_directory, dtype=torch.float32, attn_implementation="eager").eval()
messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": QUESTION}]}]
text = processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
inputs = processor(text=[text], images=[Image.fromarray(image)], return_tensors="pt")


def scores(model, completion: str, temperature: float):
    ids = processor.tokenizer(completion, add_special_tokens=False)["input_ids"]
    whole = dict(inputs)
    length = inputs["input_ids"].shape[1]
    whole["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([ids])], 1)
    whole["attention_mask"] = torch.ones_like(whole["input_ids"])
    whole["mm_token_type_ids"] = torch.cat([inputs["mm_token_type_ids"], torch.zeros(1, len(ids), dtype=torch.long)], 1)
    with torch.no_grad():
        logits = model(**whole).logits[0, length - 1 : -1] / temperature
    log_probs = torch.log_softmax(logits, -1)
    return dict(
        tokens=ids,
        logProbs=log_probs.gather(1, torch.tensor(ids)[:, None])[:, 0].tolist(),
        entropies=(-(log_probs.exp() * log_probs).sum(-1)).tolist(),
    )


def greedy(model):
    with torch.no_grad():
        return model.generate(
            **inputs, max_new_tokens=16, do_sample=False, repetition_penalty=1.0, eos_token_id=478,
            suppress_tokens=[model.config.image_token_id, model.config.video_token_id, model.config.vision_start_token_id, model.config.vision_end_token_id],
        )[0, inputs["input_ids"].shape[1] :].tolist()


def everything(model):
    return dict(scores=[scores(model, completion, 0.9) for completion in COMPLETIONS], greedy=greedy(model))


result = dict(
    versions=dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__),
    width=WIDTH, height=HEIGHT, question=QUESTION, completions=COMPLETIONS, temperature=0.9,
    ids=inputs["input_ids"][0].tolist(), grid=inputs["image_grid_thw"][0].tolist(),
    base=everything(model),
)
adapted = peft.PeftModel.from_pretrained(model, f"{FIXTURES}/adapter").eval()
result["adapted"] = everything(adapted)
with open(OUT, "w") as file:
    json.dump(result, file, separators=(",", ":"))
    file.write("\n")
print(len(result["ids"]), result["grid"], result["base"]["greedy"], result["adapted"]["greedy"], result["base"]["scores"][1], result["adapted"]["scores"][1])
