"""Golden values for the KL penalties of @cppo/grpo.

k1, abs, k2 and low_var_kl are the formulas of verl (core_algos.py, kl_penalty), k3 that of TRL 1.13; gradients are autograd's. The exact KL is torch.distributions.kl_divergence. Run from the repository root:

    python tools/reference/grpo/kl.py
"""

import json
import pathlib

import torch
from torch.distributions import Categorical, kl_divergence

torch.set_num_threads(2)
generator = torch.Generator().manual_seed(9)


def random(*shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64).float().double()


def flat(tensor):
    return [float(f"{value:.10g}") for value in tensor.detach().reshape(-1).tolist()]


def low_var_kl(logprob, ref_logprob):
    kl = torch.clamp(ref_logprob - logprob, min=-20, max=20)
    return torch.clamp(torch.exp(kl) - kl - 1, min=-10, max=10)


kinds = {
    "k1": lambda logprob, ref: logprob - ref,
    "abs": lambda logprob, ref: (logprob - ref).abs(),
    "k2": lambda logprob, ref: 0.5 * (logprob - ref).square(),
    "k3": lambda logprob, ref: torch.exp(ref - logprob) - (ref - logprob) - 1,
    "k3-clamped": low_var_kl,
}
log_probs = torch.tensor([-0.25, -1.0, -3.0, -0.125, -5.0, -2.0, -15.0, -0.5], dtype=torch.float64)
references = torch.tensor([-0.5, -0.75, -0.25, -2.5, -1.0, -2.125, -1.0, -14.0], dtype=torch.float64)
penalties = {}
for kind, formula in kinds.items():
    x = log_probs.clone().requires_grad_()
    value = formula(x, references)
    value.sum().backward()
    penalties[kind] = {"values": flat(value), "gradient": flat(x.grad)}

POSITIONS, DEPTH, VOCABULARY, TEMPERATURE = 7, 4, 9, 0.7
hidden = random(POSITIONS, DEPTH).requires_grad_()
head = random(VOCABULARY, DEPTH).requires_grad_()
ref_hidden, ref_head = random(POSITIONS, DEPTH), random(VOCABULARY, DEPTH)
upstream = random(POSITIONS)
kl = kl_divergence(
    Categorical(logits=hidden @ head.T / TEMPERATURE), Categorical(logits=ref_hidden @ ref_head.T / TEMPERATURE)
)
(kl * upstream).sum().backward()

fixture = {
    "versions": {"torch": torch.__version__},
    "script": "tools/reference/grpo/kl.py",
    "logProbs": flat(log_probs),
    "refLogProbs": flat(references),
    "penalties": penalties,
    "exact": {
        "positions": POSITIONS,
        "depth": DEPTH,
        "vocabulary": VOCABULARY,
        "temperature": TEMPERATURE,
        "hidden": flat(hidden),
        "head": flat(head),
        "refHidden": flat(ref_hidden),
        "refHead": flat(ref_head),
        "upstream": flat(upstream),
        "kl": flat(kl),
        "hiddenGradient": flat(hidden.grad),
        "headGradient": flat(head.grad),
    },
}
path = pathlib.Path("packages/grpo/src/__fixtures__/kl.json")
path.write_text(json.dumps(fixture) + "\n")
print(path, path.stat().st_size, fixture["versions"])
