"""Golden values for the optimiser of @cppo/grpo: torch.optim.AdamW, clip_grad_norm_ and transformers' schedules.

Run from the repository root, with a Python that has torch and transformers:

    python tools/reference/grpo/optimizer.py
"""

import json
import pathlib

import torch
import transformers
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

torch.set_num_threads(2)
generator = torch.Generator().manual_seed(3)
STEPS = 20


def flat(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().reshape(-1).tolist()]


def adamw_case(options, without_decay):
    """20 steps in float32 on two tensors; the second is in a group of its own that may not decay."""
    first = torch.randn(2, 3, generator=generator).requires_grad_()
    second = torch.randn(4, generator=generator).requires_grad_()
    initial = [flat(first), flat(second)]
    groups = [{"params": [first]}, {"params": [second], **({"weight_decay": 0.0} if without_decay else {})}]
    optimizer = torch.optim.AdamW(groups, **options)
    gradients, values = [], []
    for step in range(STEPS):
        first.grad = torch.randn(2, 3, generator=generator) * 10 ** (step % 3 - 1)
        second.grad = torch.randn(4, generator=generator)
        gradients.append([flat(first.grad), flat(second.grad)])
        optimizer.step()
        values.append([flat(first), flat(second)])
    return {
        "options": options,
        "withoutDecay": without_decay,
        "initial": initial,
        "gradients": gradients,
        # After the first and the last step.
        "values": [values[0], values[-1]],
        "moments": [[flat(optimizer.state[p]["exp_avg"]), flat(optimizer.state[p]["exp_avg_sq"])] for p in (first, second)],
    }


def clip_case(max_norm):
    tensors = [torch.randn(2, 3, generator=generator, dtype=torch.float64).float(), torch.randn(5, generator=generator)]
    parameters = [torch.zeros_like(t).requires_grad_() for t in tensors]
    for parameter, tensor in zip(parameters, tensors):
        parameter.grad = tensor.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    return {
        "maxNorm": max_norm,
        "gradients": [flat(t) for t in tensors],
        "norm": norm.item(),
        "clipped": [flat(p.grad) for p in parameters],
    }


def schedule(make, **options):
    optimizer = torch.optim.AdamW([torch.zeros(1).requires_grad_()], lr=2e-3)
    scheduler = make(optimizer, **options)
    rates = []
    for _ in range(14):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


warm = {"num_warmup_steps": 3}
fixture = {
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    "script": "tools/reference/grpo/optimizer.py",
    "adamw": [
        adamw_case({"lr": 1e-2}, False),
        adamw_case({"lr": 1e-2, "weight_decay": 0.5}, True),
        adamw_case({"lr": 1e-2, "betas": [0.8, 0.95], "eps": 1e-4, "weight_decay": 0.1}, False),
    ],
    "clip": [clip_case(1.0), clip_case(100.0)],
    "peak": 2e-3,
    "schedules": [
        {"options": {"schedule": "constant", "warmup": 3}, "rates": schedule(get_constant_schedule_with_warmup, **warm)},
        {
            "options": {"schedule": "linear", "warmup": 3, "steps": 12},
            "rates": schedule(get_linear_schedule_with_warmup, num_training_steps=12, **warm),
        },
        {
            "options": {"schedule": "cosine", "warmup": 3, "steps": 12},
            "rates": schedule(get_cosine_schedule_with_warmup, num_training_steps=12, **warm),
        },
        {
            "options": {"schedule": "cosine", "steps": 12},
            "rates": schedule(get_cosine_schedule_with_warmup, num_training_steps=12, num_warmup_steps=0),
        },
    ],
}
path = pathlib.Path("packages/grpo/src/__fixtures__/optimizer.json")
path.write_text(json.dumps(fixture) + "\n")
print(path, path.stat().st_size, fixture["versions"])
