"""Tiny random models of every family in transformers: logits, activations, gradients, greedy completions.

    python tools/reference/policy-qwen/model/forward.py [CASE …]   (from the repository root; writes model-*.json)
"""

import base64
import copy
import json
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import torch
import transformers

sys.path.insert(0, os.path.dirname(__file__))
from formula import numbers, parameter, pixels

torch.set_num_threads(2)
OUT = "packages/policy-qwen/src/__fixtures__"

TOKENS = dict(image_token_id=90, video_token_id=91, vision_start_token_id=88, vision_end_token_id=89)
VISION = dict(
    depth=3, hidden_size=32, intermediate_size=48, num_heads=2, in_chans=3, patch_size=14, temporal_patch_size=2,
    spatial_merge_size=2, window_size=112, fullatt_block_indexes=[1], out_hidden_size=64, tokens_per_second=2, hidden_act="silu",
)
FLAT = dict(
    model_type="qwen2_5_vl", architectures=["Qwen2_5_VLForConditionalGeneration"], **TOKENS,
    vocab_size=96, hidden_size=64, intermediate_size=112, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    hidden_act="silu", rms_norm_eps=1e-6, rope_theta=1e6, rope_scaling=dict(type="mrope", mrope_section=[2, 3, 3]),
    max_position_embeddings=512, bos_token_id=1, eos_token_id=2, initializer_range=0.02, use_sliding_window=False,
    tie_word_embeddings=True,
)
# As transformers 5 writes it: text fields nested, rope_parameters instead of rope_scaling.
TEXT = {k: v for k, v in FLAT.items() if k not in {*TOKENS, "model_type", "architectures", "rope_scaling", "rope_theta", "tie_word_embeddings"}}
NESTED = dict(
    model_type="qwen2_5_vl", architectures=["Qwen2_5_VLForConditionalGeneration"], **TOKENS, tie_word_embeddings=False,
    text_config=dict(
        TEXT, model_type="qwen2_5_vl_text", num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, hidden_size=72,
        rms_norm_eps=1e-5, rope_parameters=dict(rope_type="default", type="mrope", rope_theta=10000.0, mrope_section=[3, 1, 2]),
    ),
)

QWEN2 = dict(
    {k: v for k, v in FLAT.items() if k != "rope_scaling"}, model_type="qwen2_vl", architectures=["Qwen2VLForConditionalGeneration"],
    hidden_size=72, rope_scaling=dict(type="mrope", mrope_section=[2, 4, 3]), tie_word_embeddings=False,
    vision_config=dict(
        depth=3, embed_dim=48, hidden_size=72, mlp_ratio=2, num_heads=3, in_chans=3, patch_size=14, temporal_patch_size=2,
        spatial_merge_size=2, hidden_act="quick_gelu",
    ),
)
# Heads of 24 numbers, which is no quotient of 64 and 4; features of two blocks for the decoder's first layers.
QWEN3 = dict(
    model_type="qwen3_vl", architectures=["Qwen3VLForConditionalGeneration"], **TOKENS, tie_word_embeddings=True,
    text_config=dict(
        model_type="qwen3_vl_text", vocab_size=96, hidden_size=64, intermediate_size=112, num_hidden_layers=4,
        num_attention_heads=4, num_key_value_heads=2, head_dim=24, hidden_act="silu", rms_norm_eps=1e-6, attention_bias=False,
        # So small that the slowest frequency, which turns with time although height comes next, is seen.
        rope_theta=100.0, rope_scaling=dict(rope_type="default", mrope_section=[6, 3, 3], mrope_interleaved=True),
        max_position_embeddings=512, bos_token_id=1, eos_token_id=2, initializer_range=0.02, tie_word_embeddings=True,
    ),
    vision_config=dict(
        model_type="qwen3_vl", depth=4, hidden_size=32, intermediate_size=48, num_heads=2, in_channels=3, patch_size=16,
        temporal_patch_size=2, spatial_merge_size=2, out_hidden_size=64, num_position_embeddings=36,
        deepstack_visual_indexes=[0, 2], hidden_act="gelu_pytorch_tanh",
    ),
)


def text(seed: int, count: int) -> list[int]:
    return [int(v) for v in np.random.default_rng(seed).integers(3, 88, count)]


def image(grid) -> list[int]:
    return [88] + [90] * (grid[0] * grid[1] * grid[2] // 4) + [89]


CASES = {
    # Windows that do not divide the grid, several images, tied head, flat config.
    "tied": dict(
        config=dict(FLAT, vision_config=VISION),
        prompts=[
            text(1, 4) + image((1, 10, 12)) + text(2, 3) + image((1, 6, 8)) + text(3, 5),
            text(4, 3) + image((1, 4, 6)) + text(5, 6),
            text(6, 7),
        ],
        grids=[[(1, 10, 12), (1, 6, 8)], [(1, 4, 6)], []],
    ),
    # Windows that divide the grid, untied head, three layers, other head sizes, nested config.
    "untied": dict(
        config=dict(NESTED, vision_config=dict(VISION, num_heads=4, out_hidden_size=72, fullatt_block_indexes=[0, 2])),
        prompts=[text(7, 5) + image((1, 8, 16)) + text(8, 6)],
        grids=[[(1, 8, 16)]],
    ),
    # Whole pictures instead of windows, one of them 20 times as wide as high.
    "qwen2-vl": dict(
        config=QWEN2,
        prompts=[
            text(8, 4) + image((1, 6, 10)) + text(9, 3) + image((1, 2, 40)) + text(10, 5),
            text(11, 3) + image((1, 30, 2)) + text(12, 6),
            text(13, 7),
        ],
        grids=[[(1, 6, 10), (1, 2, 40)], [(1, 30, 2)], []],
    ),
    # Grids smaller and larger than the square of learned positions.
    "qwen3-vl": dict(
        config=QWEN3,
        prompts=[
            text(14, 4) + image((1, 4, 10)) + text(15, 3) + image((1, 2, 32)) + text(16, 5),
            text(17, 3) + image((1, 26, 2)) + text(18, 6),
            text(19, 7),
        ],
        grids=[[(1, 4, 10), (1, 2, 32)], [(1, 26, 2)], []],
    ),
}

CLASSES = {
    "qwen2_vl": (transformers.Qwen2VLConfig, transformers.Qwen2VLForConditionalGeneration),
    "qwen2_5_vl": (transformers.Qwen2_5_VLConfig, transformers.Qwen2_5_VLForConditionalGeneration),
    "qwen3_vl": (transformers.Qwen3VLConfig, transformers.Qwen3VLForConditionalGeneration),
}


def encode(array) -> str:
    return base64.b64encode(np.ascontiguousarray(np.asarray(array, dtype="<f4")).tobytes()).decode()


def published(name: str) -> str:
    if name.startswith("model.visual."):
        return name[len("model."):]
    if name.startswith("model.language_model."):
        return "model." + name[len("model.language_model."):]
    return name


def sketch(name: str, gradient: torch.Tensor) -> dict:
    """Norm, and projections on eight random directions: two gradients that agree here agree everywhere."""
    flat = gradient.detach().double().numpy().ravel()
    directions = [numbers(f"direction {k} of {name}", (flat.size,), 1.0).astype(np.float64) for k in range(8)]
    return dict(norm=float(np.linalg.norm(flat)), projections=[float(flat @ d) for d in directions])


for case in sys.argv[1:] or CASES:
    spec = CASES[case]
    kind, whole = CLASSES[spec["config"]["model_type"]]
    # A class changes what it is given.
    config = kind(**copy.deepcopy({k: v for k, v in spec["config"].items() if k != "model_type"}))
    columns = 3 * 2 * config.vision_config.patch_size**2
    config._attn_implementation = "eager"
    model = whole(config).float().eval()
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            tensor.copy_(torch.from_numpy(parameter(published(name), tuple(tensor.shape))))
    names = [published(name) for name, _ in model.named_parameters()]
    results = []
    number = 0
    for ids, grids in zip(spec["prompts"], spec["grids"]):
        values = [pixels(number + i, g[0] * g[1] * g[2], columns) for i, g in enumerate(grids)]
        inputs = dict(
            input_ids=torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            mm_token_type_ids=torch.tensor([[1 if i == 90 else 0 for i in ids]]),
        )
        if grids:
            inputs["pixel_values"] = torch.from_numpy(np.concatenate(values))
            inputs["image_grid_thw"] = torch.tensor(grids)
        positions, delta = model.model.get_rope_index(
            inputs["input_ids"], inputs["mm_token_type_ids"], image_grid_thw=inputs.get("image_grid_thw"), attention_mask=inputs["attention_mask"]
        )
        model.zero_grad()
        layers = []
        hooks = [layer.register_forward_hook(lambda _, __, out: layers.append(out[0] if isinstance(out, tuple) else out)) for layer in model.model.language_model.layers]
        output = model(**inputs, labels=inputs["input_ids"])
        for hook in hooks:
            hook.remove()
        # Cross-entropy of the last four tokens, as if they were a completion.
        start = len(ids) - 4
        log_probs = torch.log_softmax(output.logits[0], -1)
        chosen = log_probs[start - 1 : -1].gather(1, inputs["input_ids"][0, start:, None])[:, 0]
        entropies = -(log_probs.exp() * log_probs).sum(-1)[start - 1 : -1]
        warm = torch.log_softmax(output.logits[0, start - 1 : -1] / 0.7, -1)
        loss = -chosen.mean()
        loss.backward()
        gradients = {published(n): sketch(published(n), p.grad) for n, p in model.named_parameters() if p.grad is not None}
        entry = dict(
            ids=ids, grids=grids, firstPixels=number, positions=positions[:, 0].flatten().tolist(), ropeDelta=int(delta),
            logits=encode(output.logits[0].detach()), layers=[encode(layer[0].detach()) for layer in layers],
            completionStart=start, logProbs=chosen.tolist(), entropies=entropies.tolist(),
            warmLogProbs=warm.gather(1, inputs["input_ids"][0, start:, None])[:, 0].tolist(),
            loss=float(loss.detach()), gradients=gradients,
        )
        if grids:
            with torch.no_grad():
                seen = model.model.visual(inputs["pixel_values"], grid_thw=inputs["image_grid_thw"])
                deep = getattr(seen, "deepstack_features", None) or []
                entry["vision"] = encode(torch.cat([seen.pooler_output, *deep], 1))
        with torch.no_grad():
            greedy = model.generate(**inputs, max_new_tokens=24, do_sample=False, eos_token_id=2, pad_token_id=0, suppress_tokens=[88, 89, 90, 91])
        entry["greedy"] = greedy[0, len(ids):].tolist()
        with torch.no_grad():
            penalised = model.generate(
                **inputs, max_new_tokens=24, do_sample=False, eos_token_id=2, pad_token_id=0, suppress_tokens=[88, 89, 90, 91], repetition_penalty=1.3
            )
        entry["greedyPenalised"] = penalised[0, len(ids):].tolist()
        results.append(entry)
        number += len(grids)

    fixture = dict(
        versions=dict(torch=torch.__version__, transformers=transformers.__version__),
        config=spec["config"], names=names, prompts=results,
    )
    # All prompts in one batch, padded on the left: must agree with each alone.
    longest = max(len(p) for p in spec["prompts"])
    pad = [longest - len(p) for p in spec["prompts"]]
    batch = dict(
        input_ids=torch.tensor([[0] * n + p for n, p in zip(pad, spec["prompts"])]),
        attention_mask=torch.tensor([[0] * n + [1] * len(p) for n, p in zip(pad, spec["prompts"])]),
    )
    batch["mm_token_type_ids"] = (batch["input_ids"] == 90).long()
    grids = [g for gs in spec["grids"] for g in gs]
    batch["pixel_values"] = torch.from_numpy(np.concatenate([pixels(i, g[0] * g[1] * g[2], columns) for i, g in enumerate(grids)]))
    batch["image_grid_thw"] = torch.tensor(grids)
    with torch.no_grad():
        greedy = model.generate(**batch, max_new_tokens=24, do_sample=False, eos_token_id=2, pad_token_id=0, suppress_tokens=[88, 89, 90, 91])
    fixture["batchGreedy"] = greedy[:, longest:].tolist()
    path = f"{OUT}/model-{case}.json"
    with open(path, "w") as file:
        json.dump(fixture, file, separators=(",", ":"))
        file.write("\n")
    print(path, os.path.getsize(path), [r["loss"] for r in results], [r["greedy"][:8] for r in results])
