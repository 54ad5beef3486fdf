"""Golden values for @cppo/contrastive-loss, in float64, with gradients by autograd.

`kl`, `js` and the loss are written from the formulas of the method; `k3` and `k1` from those of the published
implementations (verl recipe and AReaL engine). torch's own kl_div checks `kl`. Run from the repository root:

    python tools/reference/contrastive-loss/reference.py
"""

import json
import pathlib

import torch

torch.set_num_threads(2)
generator = torch.Generator().manual_seed(11)


def random(*shape, scale=1.0):
    # Rounded to float32, so that both sides start from the same numbers.
    return (torch.randn(*shape, generator=generator, dtype=torch.float64) * scale).float().double()


def flat(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().reshape(-1).tolist()]


def kl(a, b):
    value = (a.exp() * (a - b)).sum(-1)
    library = torch.nn.functional.kl_div(b, a, reduction="none", log_target=True).sum(-1)
    assert torch.allclose(value, library, atol=1e-12)
    return value


def js(a, b):
    middle = ((a.exp() + b.exp()) / 2).log()
    return (kl(a, middle) + kl(b, middle)) / 2


def k3(a, b):
    delta = torch.clamp(b - a, -20, 20)
    return torch.clamp(delta.exp() - delta - 1, -10, 10)


def k1(a, b):
    return torch.clamp(a - b, -10, 10)


def loss_of(positive, negatives, mask, tau):
    """InfoNCE, one exponential at a time (shifted so that none overflows)."""
    similarities = torch.stack([-positive / tau, *[-d / tau for d in negatives]])
    similarities = similarities - similarities.max(0, keepdim=True).values.detach()
    exponentials = similarities.exp()
    per_token = -(exponentials[0] / exponentials.sum(0)).log()
    return per_token, (mask * per_token).sum() / (mask.sum() + 1e-8)


def sampled_case(distance, views, scale, tau, lengths, steps):
    rows = len(lengths)
    anchor = (-random(rows, steps, scale=1.0).abs() * 2).float().double().requires_grad_()
    others = [
        (anchor.detach() + random(rows, steps, scale=scale)).float().double().requires_grad_()
        for _ in range(views)
    ]
    mask = torch.tensor([[float(t < n and (t + b) % 3 != 0) for t in range(steps)] for b, n in enumerate(lengths)])
    mask = mask.double()
    measure = {"k1": k1, "k3": k3}[distance]
    distances = [measure(anchor, other) for other in others]
    per_token, loss = loss_of(distances[0], distances[1:], mask, tau)
    loss.backward()
    return {
        "distance": distance,
        "tau": tau,
        "shape": [rows, steps],
        "mask": [int(value) for value in mask.reshape(-1).tolist()],
        "branches": [flat(x) for x in (anchor, *others)],
        "loss": float(loss),
        "perToken": flat(per_token * mask),
        "distances": [flat(d * mask) for d in distances],
        "gradients": [flat(x.grad) for x in (anchor, *others)],
    }


def vocabulary_case(distance, views, scale, tau, temperature, depth, vocabulary, lengths, steps):
    rows = len(lengths)
    anchor = random(rows, steps, depth, scale=scale).requires_grad_()
    others = [
        (anchor.detach() + random(rows, steps, depth, scale=scale * 0.3)).float().double().requires_grad_()
        for _ in range(views)
    ]
    head = random(vocabulary, depth).requires_grad_()
    mask = torch.tensor([[float(t < n and (t + b) % 3 != 1) for t in range(steps)] for b, n in enumerate(lengths)])
    mask = mask.double()
    measure = {"kl": kl, "js": js}[distance]
    logs = [torch.log_softmax(x @ head.T / temperature, -1) for x in (anchor, *others)]
    distances = [measure(logs[0], other) for other in logs[1:]]
    per_token, loss = loss_of(distances[0], distances[1:], mask, tau)
    loss.backward()
    return {
        "distance": distance,
        "tau": tau,
        "temperature": temperature,
        "shape": [rows, steps, depth],
        "vocabulary": vocabulary,
        "mask": [int(value) for value in mask.reshape(-1).tolist()],
        "branches": [flat(x) for x in (anchor, *others)],
        "head": flat(head),
        "loss": float(loss),
        "perToken": flat(per_token * mask),
        "distances": [flat(d * mask) for d in distances],
        "gradients": [flat(x.grad) for x in (anchor, *others)],
        "headGradient": flat(head.grad),
    }


fixture = {
    "versions": {"torch": torch.__version__.split("+")[0]},
    "sampled": [
        sampled_case("k3", 2, 0.3, 0.1, [7, 5, 0], 7),
        sampled_case("k3", 2, 4.0, 0.1, [7, 7], 7),
        sampled_case("k3", 4, 0.5, 0.5, [6, 3], 6),
        sampled_case("k1", 2, 0.3, 0.1, [7, 5, 0], 7),
        sampled_case("k1", 3, 6.0, 1.0, [7, 7], 7),
    ],
    "vocabulary": [
        vocabulary_case("kl", 2, 0.7, 0.1, 1.0, 4, 9, [5, 3], 5),
        vocabulary_case("kl", 3, 0.5, 0.5, 0.7, 3, 8, [4, 6], 6),
        vocabulary_case("js", 2, 0.7, 0.1, 1.0, 4, 9, [5, 3], 5),
        vocabulary_case("js", 3, 2.0, 0.3, 1.3, 3, 8, [4, 6], 6),
    ],
}
target = pathlib.Path("packages/contrastive-loss/src/__fixtures__/reference.json")
target.write_text(json.dumps(fixture) + "\n")
print(target, target.stat().st_size)
