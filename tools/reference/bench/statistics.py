"""Golden values for the statistics of @cppo/bench.

Detection quality is scikit-learn's (roc_auc_score, precision_recall_fscore_support), Student's t is scipy's. The interval over
runs and questions is written with numpy's variances and scipy's t, without the code of the package. Run from the
repository root:

    python tools/reference/bench/statistics.py
"""

import json
import pathlib

import numpy
import scipy
import sklearn
from scipy.stats import t
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

random = numpy.random.default_rng(5)


def detection(tokens, share, levels):
    truth = (random.random(tokens) < share).astype(int)
    truth[:2] = [0, 1]
    # Few levels give many ties.
    scores = random.normal(truth, 1.5)
    scores = numpy.round(scores * levels) / levels
    detected = (scores > 0.5).astype(int)
    detected[1] = 1
    precision, recall, f1, _ = precision_recall_fscore_support(truth, detected, average="binary")
    return {
        "truth": truth.tolist(),
        "scores": scores.tolist(),
        "detected": detected.tolist(),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "rocAuc": float(roc_auc_score(truth, scores)),
    }


def crossed(seeds, questions, of_seed, of_question, confidence):
    runs = numpy.round(
        0.02
        + of_seed * random.normal(size=(seeds, 1))
        + of_question * random.normal(size=(1, questions))
        + 0.2 * random.normal(size=(seeds, questions)),
        3,
    )
    of_runs, of_questions, value = runs.mean(1), runs.mean(0), runs.mean()
    rest = runs - of_runs[:, None] - of_questions[None, :] + value
    v_runs = of_runs.var(ddof=1) / seeds
    v_questions = of_questions.var(ddof=1) / questions
    v_rest = (rest**2).sum() / ((seeds - 1) * (questions - 1)) / (seeds * questions)
    variance = max(v_runs + v_questions - v_rest, v_runs, v_questions)
    freedom = variance**2 / (v_runs**2 / (seeds - 1) + v_questions**2 / (questions - 1))
    reach = t.ppf(0.5 + confidence / 2, max(1, freedom)) * variance**0.5
    return {
        "runs": runs.tolist(),
        "confidence": confidence,
        "value": float(value),
        "low": float(value - reach),
        "high": float(value + reach),
    }


fixture = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
    "detection": [detection(60, 0.1, 1000), detection(200, 0.3, 2), detection(40, 0.5, 1)],
    "studentT": [
        {"probability": p, "freedom": v, "value": float(t.ppf(p, v))}
        for p, v in [(0.975, 1), (0.975, 2), (0.975, 4), (0.975, 2.5), (0.95, 7.3), (0.995, 191), (0.975, 1e4)]
    ],
    "crossed": [crossed(3, 12, 0.1, 0.02, 0.95), crossed(5, 20, 0.01, 0.2, 0.95), crossed(2, 8, 0.05, 0.1, 0.9)],
}

path = pathlib.Path("packages/bench/src/__fixtures__/statistics.json")
path.write_text(json.dumps(fixture, indent=1) + "\n")
