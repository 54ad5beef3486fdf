"""Which tokens the logits warpers of transformers leave over.

    python tools/reference/policy-qwen/model/sampling.py   (from the repository root; writes sampling.json)
"""

import json
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import torch
import transformers
from transformers import MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

sys.path.insert(0, os.path.dirname(__file__))
from formula import numbers

VOCABULARY = 200
cases = []
for scale in (1.0, 8.0, 40.0):
    for temperature, top_k, top_p, min_p in [
        (1.0, 0, 1.0, 0.0), (1.0, 10, 1.0, 0.0), (0.7, 0, 0.9, 0.0), (1.0, 0, 0.5, 0.0), (1.3, 0, 1.0, 0.1),
        (1.0, 20, 0.8, 0.0), (0.5, 20, 0.95, 0.05), (1.0, 1, 0.9, 0.0), (1.0, 0, 0.999999, 0.0), (2.0, 150, 0.99, 0.001),
    ]:
        name = f"logits {scale} {len(cases)}"
        scores = torch.from_numpy(numbers(name, (1, VOCABULARY), scale)).double()
        scores = TemperatureLogitsWarper(temperature)(None, scores)
        if top_k:
            scores = TopKLogitsWarper(top_k)(None, scores)
        if top_p < 1:
            scores = TopPLogitsWarper(top_p)(None, scores)
        if min_p:
            scores = MinPLogitsWarper(min_p)(None, scores)
        kept = torch.isfinite(scores[0]).nonzero()[:, 0].tolist()
        cases.append(dict(name=name, scale=scale, temperature=temperature, topK=top_k, topP=top_p, minP=min_p, kept=kept))

with open("packages/policy-qwen/src/__fixtures__/sampling.json", "w") as file:
    versions = dict(torch=torch.__version__, transformers=transformers.__version__)
    json.dump(dict(versions=versions, vocabulary=VOCABULARY, cases=cases), file, separators=(",", ":"))
    file.write("\n")
