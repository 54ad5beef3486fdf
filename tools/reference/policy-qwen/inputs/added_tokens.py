"""How transformers numbers and splits tokens that tokenizer.json itself does not have, for packages/policy-qwen/src/text.

Run: python tools/reference/policy-qwen/inputs/added_tokens.py
"""

import json
import pathlib
import shutil
import tempfile

import tokenizers
import transformers
from transformers import AutoTokenizer

root = pathlib.Path(__file__).parents[4] / "packages/policy-qwen/src"
source = root / "files/__fixtures__/nested-bf16"
out = root / "files/__fixtures__/added-tokens.json"

base = json.loads((source / "tokenizer.json").read_text())
known = {str(token["id"]): {key: value for key, value in token.items() if key != "id"} for token in base["added_tokens"]}
size = len(base["model"]["vocab"]) + len(base["added_tokens"])


def token(content, special=False, **flags):
    plain = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False}
    return {"content": content, **plain, "special": special, **flags}


texts = ["a <new> b<|x|>c <|im_end|>", "<new><new>", "x<NEW> <new", "  <new>  "]
cases = [
    ("decoder", {"added_tokens_decoder": {**known, str(size): token("<new>")}}, None),
    ("decoder, two in disorder", {"added_tokens_decoder": {**known, str(size + 1): token("<new>"), str(size): token("<|x|>", True)}}, None),
    ("decoder, stripped", {"added_tokens_decoder": {**known, str(size): token("<new>", lstrip=True, rstrip=True)}}, None),
    ("decoder, whole words", {"added_tokens_decoder": {**known, str(size): token("<new>", single_word=True)}}, None),
    ("added_tokens.json", {}, {"<new>": size}),
    ("added_tokens.json, two", {}, {"<new>": size + 1, "<|x|>": size}),
    ("extra_special_tokens", {"extra_special_tokens": ["<new>", "<|x|>"]}, None),
    ("additional_special_tokens", {"extra_special_tokens": None, "additional_special_tokens": ["<new>", "<|x|>"]}, None),
]
result = []
for name, change, added in cases:
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        for file in ("tokenizer.json", "tokenizer_config.json", "config.json"):
            shutil.copy(source / file, directory / file)
        config = {**json.loads((directory / "tokenizer_config.json").read_text()), **change}
        (directory / "tokenizer_config.json").write_text(json.dumps(config))
        if added is not None:
            (directory / "added_tokens.json").write_text(json.dumps(added))
        tokenizer = AutoTokenizer.from_pretrained(directory)
        encoded = [{"text": text, "ids": tokenizer(text, add_special_tokens=False)["input_ids"]} for text in texts]
        for entry in encoded:
            entry["plain"] = tokenizer.decode(entry["ids"], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        result.append({"name": name, "tokenizerConfig": change, "addedTokens": added, "size": len(tokenizer), "encoded": encoded})

versions = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
out.write_text(json.dumps({"versions": versions, "cases": result}, ensure_ascii=False, indent=1) + "\n")
