"""Golden values for the policy losses and advantages of @cppo/grpo: TRL's own code, run on fixed numbers.

GRPOTrainer._compute_loss runs unmodified on a stub that hands it log-probabilities; nothing of it is rewritten here.
Run from the repository root, with a Python that has torch and trl:

    python tools/reference/grpo/policy_loss.py
"""

import json
import pathlib
from collections import defaultdict
from types import SimpleNamespace

import torch
import trl
from trl import GRPOConfig
from trl.rewards import get_soft_overlong_punishment
from trl.trainer.grpo_trainer import GRPOTrainer

torch.set_num_threads(2)
torch.manual_seed(5)

ROWS, LENGTH, MAX_LENGTH = 6, 5, 8
lengths = [5, 3, 4, 1, 0, 5]


def rounded(tensor):
    return tensor.float().double()


mask = torch.tensor([[1.0 if t < n else 0.0 for t in range(LENGTH)] for n in lengths], dtype=torch.float64)
old = rounded(-torch.rand(ROWS, LENGTH, dtype=torch.float64) * 3 - 0.05) * mask
new = rounded(old + torch.randn(ROWS, LENGTH, dtype=torch.float64) * 0.5) * mask
# Two tokens far enough for the dual clip, on either side of the sign of the advantage.
new[1, 1] = old[1, 1] + 1.75
new[5, 2] = old[5, 2] + 1.75
reference = rounded(old + torch.randn(ROWS, LENGTH, dtype=torch.float64) * 0.4) * mask
advantages = rounded(torch.tensor([1.25, -0.75, 0.5, -1.5, 0.25, -0.4], dtype=torch.float64))
entropies = rounded(torch.rand(ROWS, LENGTH, dtype=torch.float64) * 2) * mask
weights = rounded(torch.rand(ROWS, LENGTH, dtype=torch.float64) * 2 + 0.1)


class Accelerator:
    num_processes = 1
    device = torch.device("cpu")
    sync_gradients = True

    def reduce(self, tensor, reduction="sum"):
        return tensor

    def gather(self, tensor):
        return tensor


def trl_loss(loss_type, *, level="token", beta=0.0, delta=None, epsilon=0.2, epsilon_high=0.2, entropy_coef=0.0,
             importance=None, bias_correction=False):
    """Loss, metrics and gradients with respect to the log-probabilities and entropies."""
    log_probs = new.clone().requires_grad_()
    token_entropies = entropies.clone().requires_grad_()
    defaults = GRPOConfig(output_dir="unused", use_cpu=True, bf16=False)
    stub = SimpleNamespace(
        args=SimpleNamespace(
            delta=delta,
            use_bias_correction_kl=bias_correction,
            sapo_temperature_pos=defaults.sapo_temperature_pos,
            sapo_temperature_neg=defaults.sapo_temperature_neg,
            vespo_k_pos=defaults.vespo_k_pos,
            vespo_lambda_pos=defaults.vespo_lambda_pos,
            vespo_k_neg=defaults.vespo_k_neg,
            vespo_lambda_neg=defaults.vespo_lambda_neg,
            steps_per_generation=1,
        ),
        _get_per_token_logps_and_entropies=lambda *a, **k: (log_probs, token_entropies, None),
        get_gamma_weights=GRPOTrainer.get_gamma_weights,
        aux_loss_enabled=False,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        importance_sampling_level=level,
        beta=beta,
        loss_type=loss_type,
        epsilon_low=epsilon,
        epsilon_high=epsilon_high,
        use_vllm=importance is not None,
        vllm_importance_sampling_correction=importance is not None,
        model=SimpleNamespace(training=True),
        current_gradient_accumulation_steps=1,
        max_completion_length=MAX_LENGTH,
        accelerator=Accelerator(),
        _entropy_bonus_enabled=entropy_coef != 0,
        use_adaptive_entropy=False,
        entropy_coef=entropy_coef,
        _metrics={"train": defaultdict(list)},
    )
    inputs = {
        "prompt_ids": torch.zeros(ROWS, 1, dtype=torch.long),
        "prompt_mask": torch.ones(ROWS, 1),
        "completion_ids": torch.zeros(ROWS, LENGTH, dtype=torch.long),
        "completion_mask": mask,
        "advantages": advantages,
        "old_per_token_logps": old,
        "ref_per_token_logps": reference,
        "num_items_in_batch": mask.sum(),
    }
    if importance is not None:
        inputs["importance_sampling_ratio"] = importance
    loss = GRPOTrainer._compute_loss(stub, None, inputs)
    loss.backward()
    metrics = {name: values[0] for name, values in stub._metrics["train"].items() if "mean" in name or name in ("kl", "cispo_clip_ratio")}
    return loss, metrics, log_probs.grad, token_entropies.grad


def flat(tensor):
    return [float(f"{value:.10g}") for value in tensor.detach().reshape(-1).tolist()]


def case(name, options, **trl_options):
    loss, metrics, gradient, _ = trl_loss(**trl_options)
    return {"name": name, "options": options, "loss": loss.item(), "metrics": metrics, "gradient": flat(gradient)}


off = {"dualClip": None}
gspo = {"clipLow": 3e-4, "clipHigh": 4e-4}
cases = [
    case("grpo", {"loss": "grpo", **off}, loss_type="grpo"),
    case("bnpo", {"loss": "bnpo", **off}, loss_type="bnpo"),
    case("dapo", {"loss": "dapo", **off}, loss_type="dapo"),
    case("dr_grpo", {"loss": "dr_grpo", **off}, loss_type="dr_grpo"),
    case("dapo, clip-higher", {"loss": "dapo", "clipHigh": 0.28, **off}, loss_type="dapo", epsilon_high=0.28),
    case("dapo, dual clip", {"loss": "dapo", "dualClip": 3}, loss_type="dapo", delta=3.0),
    case("gspo", {"loss": "gspo", **off}, loss_type="grpo", level="sequence", epsilon=3e-4, epsilon_high=4e-4),
    case("gspo, wide clip", {"loss": "gspo", "clipLow": 0.2, "clipHigh": 0.2, **off}, loss_type="grpo", level="sequence"),
    case("luspo", {"loss": "luspo", **off}, loss_type="luspo", level="sequence", epsilon=3e-4, epsilon_high=4e-4),
    case("cispo", {"loss": "cispo", "ratioCap": 1.25}, loss_type="cispo", epsilon_high=1.25),
    case("sapo", {"loss": "sapo"}, loss_type="sapo"),
    case("vespo", {"loss": "vespo"}, loss_type="vespo"),
]
weighted = [
    case("dapo", {"loss": "dapo", **off}, loss_type="dapo", importance=weights),
    case("grpo", {"loss": "grpo", **off}, loss_type="grpo", importance=weights[:, :1]),
    case("vespo", {"loss": "vespo"}, loss_type="vespo", importance=torch.where(mask > 0, weights, 1.0)),
    case("vespo, per completion", {"loss": "vespo"}, loss_type="vespo", importance=weights[:, :1]),
]
# KL and entropy are what remains of the loss when the policy loss is taken away.
zero, _, zero_gradient, _ = trl_loss("dapo")
with_kl, kl_metrics, kl_gradient, _ = trl_loss("dapo", beta=0.5)
with_corrected, _, corrected_gradient, _ = trl_loss("dapo", beta=0.5, bias_correction=True)
with_entropy, _, _, entropy_gradient = trl_loss("dapo", entropy_coef=0.25)


def trl_advantages(rewards, scale_rewards):
    """The lines of GRPOTrainer._generate_and_score_completions (`sum_then_normalize`), quoted from TRL."""
    from trl.trainer.utils import nanstd

    generations = rewards.shape[1]
    flat_rewards = rewards.reshape(-1)
    mean = torch.nanmean(flat_rewards.view(-1, generations), dim=1).repeat_interleave(generations, dim=0)
    if scale_rewards in ["group", "none"]:
        std = nanstd(flat_rewards.view(-1, generations), dim=1).repeat_interleave(generations, dim=0)
    else:
        std = nanstd(flat_rewards).expand_as(flat_rewards)
    result = flat_rewards - mean
    if scale_rewards != "none":
        result = result / (std + 1e-4)
    return torch.nan_to_num(result, nan=0.0).view_as(rewards)


rewards = rounded(torch.rand(4, 5, dtype=torch.float64))
rewards[2] = 0.7
rewards[3, 1] = float("nan")
overlong = get_soft_overlong_punishment(max_completion_len=100, soft_punish_cache=20)
overlong_lengths = [0, 79, 80, 81, 90, 99, 100, 101, 200]

fixture = {
    "versions": {"trl": trl.__version__, "torch": torch.__version__},
    "script": "tools/reference/grpo/policy_loss.py",
    "rows": ROWS,
    "length": LENGTH,
    "maxLength": MAX_LENGTH,
    "mask": flat(mask),
    "oldLogProbs": flat(old),
    "logProbs": flat(new),
    "refLogProbs": flat(reference),
    "advantages": flat(advantages),
    "entropies": flat(entropies),
    "importanceWeights": flat(weights),
    "cases": cases,
    "weighted": weighted,
    "kl": {
        "coefficient": 0.5,
        "share": (with_kl - zero).item(),
        "mean": kl_metrics["kl"],
        "gradient": flat(kl_gradient - zero_gradient),
        "correctedShare": (with_corrected - zero).item(),
        "correctedGradient": flat(corrected_gradient - zero_gradient),
    },
    "entropy": {"coefficient": 0.25, "share": (with_entropy - zero).item(), "gradient": flat(entropy_gradient)},
    "advantageCases": [
        {"scale": scale, "advantages": flat(trl_advantages(rewards, scale))} for scale in ["group", "batch", "none"]
    ],
    "rewards": [[None if value != value else value for value in row] for row in rewards.tolist()],
    "overlong": {
        "lengths": overlong_lengths,
        "penalties": overlong(completion_ids=[[1] * n for n in overlong_lengths]),
    },
}
path = pathlib.Path("packages/grpo/src/__fixtures__/policy-loss.json")
path.write_text(json.dumps(fixture, indent=1) + "\n")
print(path, path.stat().st_size, fixture["versions"])
