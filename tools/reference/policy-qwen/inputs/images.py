"""Reference values for packages/policy-qwen/src/image: Pillow, torchvision and transformers.

Run: python tools/reference/policy-qwen/inputs/images.py
"""

import base64
import hashlib
import json
import pathlib
import random

import numpy as np
import PIL
import torch
import torchvision
import transformers
from PIL import Image
from torchvision.transforms.v2 import functional as tv
from transformers import Qwen2VLImageProcessor, Qwen2VLImageProcessorPil
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

torch.set_num_threads(2)
out = pathlib.Path(__file__).parents[4] / "packages/policy-qwen/src/image/__fixtures__/images.json"
versions = {
    "pillow": PIL.__version__,
    "torch": torch.__version__,
    "torchvision": torchvision.__version__,
    "transformers": transformers.__version__,
}


def picture(width, height, seed):
    """Noise of full contrast over a slow ramp, made by the same integer recurrence in the test."""
    state = seed
    data = bytearray()
    for i in range(width * height * 3):
        state = (state * 1664525 + 1013904223) % 2**32
        noise = state >> 24
        data.append(noise if (i // 48) % 3 == 0 else (i * 7 // 11 + noise // 16) % 256)
    return np.frombuffer(bytes(data), np.uint8).reshape(height, width, 3)


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


# --- resampling -----------------------------------------------------------------------------------
sizes = [
    ((5, 3), (7, 2)), ((8, 8), (8, 8)), ((1, 1), (4, 4)), ((9, 1), (3, 5)), ((2, 13), (13, 2)),
    ((37, 53), (56, 84)), ((53, 37), (28, 28)), ((64, 48), (65, 49)), ((64, 48), (63, 47)),
    ((100, 7), (28, 28)), ((33, 200), (56, 56)), ((31, 17), (31, 40)), ((31, 17), (90, 17)),
    ((150, 150), (7, 11)), ((84, 112), (112, 84)), ((199, 211), (196, 224)), ((320, 240), (308, 252)),
    ((257, 129), (1, 1)), ((3, 400), (28, 336)), ((640, 361), (644, 364)),
]
resize = []
for index, ((width, height), (to_width, to_height)) in enumerate(sizes):
    source = picture(width, height, index)
    pillow = np.asarray(Image.fromarray(source).resize((to_width, to_height), Image.Resampling.BICUBIC))
    torch_ = tv.resize(
        torch.from_numpy(source.copy()).permute(2, 0, 1), [to_height, to_width], tv.InterpolationMode.BICUBIC, antialias=True
    ).permute(1, 2, 0).contiguous().numpy()
    case = {"seed": index, "from": [width, height], "to": [to_width, to_height]}
    for name, result in (("pillow", pillow), ("torchvision", torch_)):
        case[name] = sha256(result)
        if result.size <= 300:
            case[name + "Bytes"] = base64.b64encode(np.ascontiguousarray(result).tobytes()).decode()
    case["differing"] = int((pillow != torch_).sum())
    resize.append(case)
    print(width, height, "->", to_width, to_height, "pillow and torchvision differ in",
          f"{(pillow != torch_).mean():.2%}", "by at most", np.abs(pillow.astype(int) - torch_).max())

# --- target sizes ---------------------------------------------------------------------------------
generator = random.Random(0)
targets = []
named = [(42, 70), (98, 126), (14, 14), (14, 28), (1080, 1920), (5000, 4000), (10, 300), (1, 200), (200, 1), (1, 201),
         (401, 2), (84, 112), (140, 168), (56, 56), (55, 57), (1, 1), (3584, 3584), (3585, 3585), (9999, 50), (28, 5600)]
for height, width in named + [(generator.randint(1, 6000), generator.randint(1, 6000)) for _ in range(150)]:
    for low, high in ((3136, 12845056), (3136, 1003520), (200704, 401408)):
        try:
            result = list(smart_resize(height, width, 28, low, high))
        except ValueError as error:
            result = str(error)
        targets.append([height, width, low, high, result])

# --- patches --------------------------------------------------------------------------------------
hub = {"min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
       "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
       "image_processor_type": "Qwen2VLImageProcessor", "processor_class": "Qwen2_5_VLProcessor"}
edges = {"size": {"shortest_edge": 3136, "longest_edge": 100352}}
configs = {
    "hub": hub, "edges": edges, "class defaults": {}, "pil": {**edges, "image_processor_type": "Qwen2VLImageProcessorPil"},
    "other": {"min_pixels": 1024, "max_pixels": 8192, "patch_size": 8, "temporal_patch_size": 1, "merge_size": 4,
              "image_mean": [0.5, 0.25, 0.125], "image_std": [0.5, 0.5, 0.25]},
    "not normalised": {**edges, "do_normalize": False}, "raw": {**edges, "do_normalize": False, "do_rescale": False},
    "not rescaled": {**edges, "do_rescale": False},
}
prepare = []
for name, (width, height), seed in [
    ("hub", (112, 84), 1), ("hub", (168, 140), 2), ("hub", (100, 75), 3), ("hub", (29, 300), 4), ("class defaults", (15, 20), 5),
    ("edges", (640, 361), 6), ("edges", (111, 57), 7), ("pil", (640, 361), 6), ("pil", (111, 57), 7), ("other", (90, 61), 8),
    ("not normalised", (60, 61), 9), ("raw", (60, 61), 9), ("not rescaled", (60, 61), 9),
]:
    kind = Qwen2VLImageProcessorPil if name == "pil" else Qwen2VLImageProcessor
    config = {key: value for key, value in configs[name].items() if key not in ("image_processor_type", "processor_class")}
    processor = kind(**config)
    result = processor(images=[Image.fromarray(picture(width, height, seed))], return_tensors="pt")
    pixels = result["pixel_values"].numpy().astype(np.float32)
    flat = pixels.reshape(-1)
    at = sorted({*range(0, flat.size, max(1, flat.size // 97)), flat.size - 1})
    prepare.append({
        "config": name, "size": [width, height], "seed": seed, "grid": result["image_grid_thw"][0].tolist(),
        "shape": list(pixels.shape), "sha256": sha256(pixels), "at": at, "values": [float(flat[i]) for i in at],
    })

out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps({"versions": versions, "resize": resize, "targets": targets, "configs": configs, "prepare": prepare}) + "\n")
print(out, out.stat().st_size, "bytes")
