"""Numbers that Python and TypeScript compute alike, so that fixtures need not store weights or pixels.

Element j of the tensor called `name` is ((2·u − 1)·scale + offset) in float32, where u = mix(fnv1a(name) + j·2654435761) / 2³².
The same formula is in packages/policy-qwen/src/__fixtures__/formula.ts.
"""

import numpy as np

MASK = np.uint64(0xFFFFFFFF)


def fnv1a(name: str) -> int:
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def uniform(name: str, count: int) -> np.ndarray:
    h = (np.uint64(fnv1a(name)) + np.arange(count, dtype=np.uint64) * np.uint64(2654435761)) & MASK
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x85EBCA6B)) & MASK
    h ^= h >> np.uint64(13)
    h = (h * np.uint64(0xC2B2AE35)) & MASK
    h ^= h >> np.uint64(16)
    return h.astype(np.float64) / 2.0**32


def numbers(name: str, shape, scale: float, offset: float = 0.0) -> np.ndarray:
    count = int(np.prod(shape))
    return ((2 * uniform(name, count) - 1) * scale + offset).astype(np.float32).reshape(shape)


def parameter(name: str, shape) -> np.ndarray:
    """Weights large enough that nothing stays near linear: norms around 1, matrices with unit gain."""
    if len(shape) == 1:
        norm = "norm" in name or "ln_q" in name
        return numbers(name, shape, 0.2, 1.0 if norm else 0.0)
    if "embed_tokens" in name:
        return numbers(name, shape, 0.1)
    fan_in = int(np.prod(shape[1:]))
    return numbers(name, shape, (3.0 / fan_in) ** 0.5)


def pixels(index: int, rows: int, columns: int = 1176) -> np.ndarray:
    return numbers(f"pixels {index}", (rows, columns), 1.5)
