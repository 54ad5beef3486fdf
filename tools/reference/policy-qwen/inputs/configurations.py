"""What PEFT and transformers take for a key that is left out, and what they refuse, for packages/policy-qwen.

Run: python tools/reference/policy-qwen/inputs/configurations.py
"""

import json
import pathlib
import warnings

import peft
import PIL
import transformers
from peft import LoraConfig
from peft.tuners.tuners_utils import _ExcludedModule, check_target_module_exists
from PIL import Image
from transformers import Qwen2_5_VLConfig, Qwen2VLConfig, Qwen3VLConfig
from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLTextConfig, Qwen2_5_VLVisionConfig
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

warnings.simplefilter("ignore")
out = pathlib.Path(__file__).parents[4] / "packages/policy-qwen/src/__fixtures__/configurations.json"
versions = {"peft": peft.__version__, "transformers": transformers.__version__, "pillow": PIL.__version__}

# --- adapter_config.json: every key with its default, and which layers it adapts ----------------------
lora = {key: sorted(value) if isinstance(value, set) else value for key, value in LoraConfig().to_dict().items()}
modules = [
    "model.language_model.layers.0.self_attn.q_proj",
    "model.language_model.layers.11.mlp.down_proj",
    "model.visual.blocks.1.mlp.down_proj",
    "model.visual.blocks.1.attn.qkv",
]
choices = [
    {"target_modules": ["q_proj", "down_proj"]},
    {"target_modules": ["proj"]},
    {"target_modules": [modules[0]], "layers_to_transform": [1]},
    {"target_modules": ["q_proj", "down_proj"], "layers_to_transform": [1, 11]},
    {"target_modules": ["q_proj", "down_proj"], "layers_to_transform": 1, "layers_pattern": "layers"},
    {"target_modules": ["q_proj", "down_proj"], "layers_to_transform": [0, 1], "layers_pattern": ["layers", "blocks"]},
    {"target_modules": "model\\.language_model.*"},
    {"target_modules": ".*q_proj|.*qkv"},
    {"target_modules": "q_proj"},
    {"target_modules": "(?i).*Q_PROJ"},
    {"target_modules": r"\A.*\.(?P<part>q|down)_(?P<kind>proj)\Z"},
    {"target_modules": r".*\.mlp\.(?P<a>.)\w+n_proj(?P=a)?", "exclude_modules": r"model\.visual.*\Z"},
    {"target_modules": ["q_proj", "qkv", "down_proj"], "exclude_modules": ".*visual.*"},
    {"target_modules": ["q_proj", "qkv", "down_proj"], "exclude_modules": ["down_proj"]},
]
targets = []
for choice in choices:
    config = LoraConfig(**choice)
    found = [check_target_module_exists(config, module) for module in modules]
    targets.append({"config": choice, "adapted": [bool(f) and not isinstance(f, _ExcludedModule) for f in found]})

# --- config.json: what each class takes for a key that is left out ------------------------------------
text = Qwen2_5_VLTextConfig().to_dict()
vision = Qwen2_5_VLVisionConfig().to_dict()
root = Qwen2_5_VLConfig().to_dict()
few = Qwen2_5_VLConfig(hidden_size=128, num_attention_heads=16).text_config.num_key_value_heads
none = Qwen2_5_VLConfig(hidden_size=128, num_attention_heads=4, num_key_value_heads=None).text_config.num_key_value_heads
assert (few, none) == (8, 4)
ours = {
    "text": ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
             "num_key_value_heads", "rms_norm_eps", "initializer_range", "rope_parameters", "eos_token_id"],
    "vision": ["depth", "hidden_size", "intermediate_size", "num_heads", "in_channels", "patch_size", "temporal_patch_size",
               "spatial_merge_size", "window_size", "fullatt_block_indexes", "out_hidden_size", "tokens_per_second"],
    "root": ["image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id", "tie_word_embeddings"],
}
defaults = {name: {key: whole[key] for key in ours[name]} for name, whole in [("text", text), ("vision", vision), ("root", root)]}

others = {}
for name, kind, text_keys, vision_keys in [
    ("qwen2_vl", Qwen2VLConfig, [], ["depth", "embed_dim", "hidden_size", "mlp_ratio", "num_heads"]),
    ("qwen3_vl", Qwen3VLConfig, ["head_dim"],
     ["depth", "hidden_size", "intermediate_size", "num_heads", "out_hidden_size", "num_position_embeddings",
      "deepstack_visual_indexes"]),
]:
    whole = kind()
    text, vision = whole.text_config.to_dict(), whole.vision_config.to_dict()
    shared = ["in_channels", "patch_size", "temporal_patch_size", "spatial_merge_size", "hidden_act"]
    others[name] = {
        "text": {key: text[key] for key in ours["text"] + text_keys if key != "eos_token_id"},
        "vision": {key: vision[key] for key in shared + vision_keys},
        "root": {key: whole.to_dict()[key] for key in ours["root"]},
    }

# --- preprocessor_config.json: the bounds that a configuration means, or null where it is refused ------
picture = Image.new("RGB", (400, 300))
bounds = []
for config in [
    {}, {"size": None}, {"size": {}}, {"size": 224}, {"size": {"height": 224, "width": 224}},
    {"size": {"shortest_edge": 3136, "longest_edge": 50176}}, {"size": {"shortest_edge": 3136}},
    {"size": {"longest_edge": 50176}}, {"size": {"longest_edge": 50176}, "min_pixels": 3136},
    {"size": {"min_pixels": 3136, "max_pixels": 50176}},
    {"size": {"min_pixels": 3136, "max_pixels": 50176}, "min_pixels": 4000, "max_pixels": 60000},
    {"size": {"shortest_edge": 3136, "longest_edge": 50176, "height": 3}},
    {"size": {"shortest_edge": None, "longest_edge": 50176}}, {"min_pixels": 4000}, {"max_pixels": 50176},
    {"size": {"shortest_edge": 3136, "longest_edge": 501760}, "max_pixels": 50176},
]:
    try:
        processor = Qwen2VLImageProcessorPil.from_dict(json.loads(json.dumps(config)))
        processor(images=[picture], return_tensors="np")
        bounds.append({"config": config, "bounds": [processor.size.shortest_edge, processor.size.longest_edge]})
    except ValueError:
        bounds.append({"config": config, "bounds": None})

result = {"versions": versions, "lora": lora, "modules": modules, "targets": targets, "defaults": defaults, "others": others, "bounds": bounds}
out.write_text(json.dumps(result, indent=1) + "\n")
