"""Golden values for @cppo/entropy-detect, in float64.

Entropies and their gradients are torch's own (torch.distributions.Categorical and autograd). The masks are computed
from the formulas of the method, by counting and comparing instead of sorting. Run from the repository root:

    python tools/reference/entropy-detect/reference.py
"""

import json
import math
import pathlib

import torch

torch.set_num_threads(2)
generator = torch.Generator().manual_seed(7)


def random(*shape, scale=1.0):
    # Rounded to float32, so that both sides start from the same numbers.
    return (torch.randn(*shape, generator=generator, dtype=torch.float64) * scale).float().double()


def flat(tensor):
    return [float(f"{value:.12g}") for value in tensor.detach().reshape(-1).tolist()]


def entropy_case(shape, scale, temperature):
    logits = random(*shape, scale=scale).requires_grad_()
    upstream = random(*shape[:-1], 1).squeeze(-1)
    entropy = torch.distributions.Categorical(logits=logits / temperature).entropy()
    (entropy * upstream).sum().backward()
    return {
        "shape": list(shape),
        "temperature": temperature,
        "logits": flat(logits),
        "upstream": flat(upstream),
        "entropy": flat(entropy),
        "gradient": flat(logits.grad),
    }


def hidden_case(positions, depth, vocabulary, temperature):
    hidden = random(positions, depth).requires_grad_()
    weight = random(vocabulary, depth).requires_grad_()
    upstream = random(positions)
    entropy = torch.distributions.Categorical(logits=hidden @ weight.T / temperature).entropy()
    (entropy * upstream).sum().backward()
    return {
        "positions": positions,
        "depth": depth,
        "vocabulary": vocabulary,
        "temperature": temperature,
        "hidden": flat(hidden),
        "weight": flat(weight),
        "upstream": flat(upstream),
        "entropy": flat(entropy),
        "hiddenGradient": flat(hidden.grad),
        "weightGradient": flat(weight.grad),
    }


def detect_row(entropy, removed, mask, score, ratio, base, rounding, ties):
    tokens = [t for t in range(len(entropy)) if mask[t] == 1]
    shift = {t: removed[t] - entropy[t] for t in tokens}
    value = {
        t: shift[t] if score == "absolute" else max(shift[t], 0.0) / (removed[t] + 1e-6) for t in tokens
    }
    positive = [t for t in tokens if shift[t] > 0]
    size = len(positive) if base == "positive" else len(tokens)
    share = ratio * size
    k = max(1, math.floor(share) if rounding == "floor" else math.ceil(share))

    def chosen(t):
        better = sum(value[u] > value[t] for u in positive)
        if ties == "exact":
            better += sum(value[u] == value[t] and u < t for u in positive)
        return better < k

    return [1 if t in positive and chosen(t) else 0 for t in range(len(entropy))]


def detection_cases():
    rows, length = 6, 17
    entropy = (random(rows, length).abs() * 2).float().double()
    removed = (entropy + random(rows, length, scale=0.7)).clamp(min=0).float().double()
    # Ties, on values that float32 holds exactly.
    entropy[1] = torch.tensor([0.5, 1.0] * 8 + [0.5], dtype=torch.float64)
    removed[1] = torch.tensor([1.0, 2.0] * 8 + [1.0], dtype=torch.float64)
    removed[2] = entropy[2] - 0.25  # nothing grows
    lengths = [17, 13, 9, 1, 0, 16]
    mask = torch.tensor([[1 if t < n else 0 for t in range(length)] for n in lengths])
    cases = []
    for score in ("relative", "absolute"):
        for base in ("positive", "all"):
            for rounding in ("floor", "ceil"):
                for ties in ("keep", "exact"):
                    for ratio in (0.05, 0.3, 0.5, 1.0):
                        masks = [
                            "".join(
                                map(
                                    str,
                                    detect_row(
                                        entropy[b].tolist(),
                                        removed[b].tolist(),
                                        mask[b].tolist(),
                                        score,
                                        ratio,
                                        base,
                                        rounding,
                                        ties,
                                    ),
                                )
                            )
                            for b in range(rows)
                        ]
                        options = dict(score=score, base=base, rounding=rounding, ties=ties, ratio=ratio)
                        cases.append({"options": options, "masks": masks})
    return {
        "shape": [rows, length],
        "entropy": flat(entropy),
        "removedEntropy": flat(removed),
        "mask": mask.reshape(-1).tolist(),
        "cases": cases,
    }


fixture = {
    "versions": {"torch": torch.__version__.split("+")[0]},
    "tokenEntropy": [
        entropy_case((3, 5), 1.0, 1.0),
        entropy_case((2, 3, 11), 4.0, 0.7),
        entropy_case((4, 6), 1e4, 1.0),
        entropy_case((1, 7), 2.0, 1.5),
    ],
    "hiddenEntropy": [hidden_case(7, 4, 9, 0.8)],
    "detection": detection_cases(),
}
target = pathlib.Path("packages/entropy-detect/src/__fixtures__/reference.json")
target.write_text(json.dumps(fixture) + "\n")
print(target, target.stat().st_size)
