"""Small model directories written by transformers, for packages/policy-qwen/src/files, and what is in them.

Run: python tools/reference/policy-qwen/inputs/directories.py
"""

import hashlib
import json
import pathlib
import shutil

import peft
import safetensors
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

import tiny_model

torch.set_num_threads(2)
out = pathlib.Path(__file__).parents[4] / "packages/policy-qwen/src/files/__fixtures__"
shutil.rmtree(out, ignore_errors=True)
out.mkdir()
expected = {"versions": {"transformers": transformers.__version__, "torch": torch.__version__,
                         "safetensors": safetensors.__version__, "peft": peft.__version__}, "directories": {}}


def compact(path):
    path.write_text(json.dumps(json.loads(path.read_text()), ensure_ascii=False, separators=(",", ":")) + "\n")


def record(name):
    tensors = {}
    for file in sorted((out / name).glob("*.safetensors")):
        for key, value in load_file(file).items():
            tensors[key] = {"file": file.name, "shape": list(value.shape), "dtype": str(value.dtype),
                            "sha256": hashlib.sha256(value.float().numpy().tobytes()).hexdigest()}
        file.chmod(0o644)
    expected["directories"][name] = tensors


# As transformers 5 saves today: nested configuration, one processor file, shards, bfloat16, tied.
model, processor = tiny_model.build(tie=True, seed=1)
model.to(torch.bfloat16).save_pretrained(out / "nested-bf16", max_shard_size="20KB")
processor.save_pretrained(out / "nested-bf16")
compact(out / "nested-bf16/tokenizer.json")
record("nested-bf16")

# As the published checkpoints are laid out: flat configuration, published names, separate small files; untied, float16.
model, processor = tiny_model.build(tie=False, seed=2)
model.to(torch.float16).save_pretrained(out / "flat-f16")
(out / "flat-f16/generation_config.json").unlink()
config = json.loads((out / "flat-f16/config.json").read_text())
text = config.pop("text_config")
rope = text.pop("rope_parameters")
for key in ("model_type", "layer_types", "dtype"):
    text.pop(key, None)
vision = {key: value for key, value in config["vision_config"].items() if key not in ("rope_parameters", "model_type", "dtype")}
vision["in_chans"] = vision.pop("in_channels")
flat = {**text, **config, "vision_config": vision, "rope_theta": rope["rope_theta"],
        "rope_scaling": {"type": "mrope", "mrope_section": rope["mrope_section"]}, "torch_dtype": "float16"}
flat.pop("dtype", None)
(out / "flat-f16/config.json").write_text(json.dumps(flat, indent=2) + "\n")
image = json.loads((out / "nested-bf16/processor_config.json").read_text())["image_processor"]
size = image.pop("size")
preprocessor = {**image, "min_pixels": size["shortest_edge"], "max_pixels": size["longest_edge"]}
(out / "flat-f16/preprocessor_config.json").write_text(json.dumps(preprocessor, indent=2) + "\n")
(out / "flat-f16/chat_template.json").write_text(json.dumps({"chat_template": tiny_model.CHAT_TEMPLATE}, indent=2) + "\n")
again = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(out / "flat-f16", dtype=torch.float16)
assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), again.state_dict().values())), "flat layout"
record("flat-f16")

# The names that transformers >= 4.52 uses in memory, which some fine-tunes were saved with; float32.
model, _ = tiny_model.build(tie=True, seed=3)
model.save_pretrained(out / "new-names-f32", save_original_format=False)
(out / "new-names-f32/generation_config.json").unlink()
record("new-names-f32")

# A LoRA adapter as PEFT saves it.
model = get_peft_model(model, LoraConfig(r=2, lora_alpha=6, lora_dropout=0.05, target_modules=["q_proj", "v_proj"],
                                         exclude_modules=r".*visual.*", task_type="CAUSAL_LM"))
torch.manual_seed(4)
for name, parameter in model.named_parameters():
    if "lora_B" in name:
        torch.nn.init.normal_(parameter)
model.save_pretrained(out / "adapter")
(out / "adapter/README.md").unlink(missing_ok=True)
adapter_config = json.loads((out / "adapter/adapter_config.json").read_text())
adapter_config["base_model_name_or_path"] = "tiny"
(out / "adapter/adapter_config.json").write_text(json.dumps(adapter_config, indent=2) + "\n")
record("adapter")

# Every bfloat16 rounding worth a test.
values = torch.tensor([0.0, -0.0, 1.0, 1.00390625, 1.01171875, -1.00390625, 3.14159274, 1e-40, -1e-45, 3.3895314e38,
                       3.4e38, float("inf"), float("-inf"), 65504.0, 6e-8, 0.1, 1 + 2**-8 + 2**-20,
                       1 + 2**-8 - 2**-20])
expected["bfloat16"] = {"words": values.view(torch.int32).tolist(), "halves": [v & 0xFFFF for v in values.to(torch.bfloat16).view(torch.int16).tolist()]}
halves = torch.tensor([0, 1, 1023, 1024, 0x3C00, 0x3C01, 0x7BFF, 0x7C00, 0x8000, 0x8001, 0xC000, 0xFBFF, 0xFC00]).to(torch.int32)
expected["float16"] = {"halves": halves.tolist(), "words": halves.to(torch.int16).view(torch.float16).float().view(torch.int32).tolist()}

(out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
for path in sorted(out.rglob("*")):
    if path.is_file():
        print(path.relative_to(out), path.stat().st_size)
