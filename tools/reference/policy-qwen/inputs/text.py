"""Token ids, decoded texts and rendered chats of transformers, for packages/policy-qwen/src/text.

Run after directories.py, whose nested-bf16 holds the tokenizer: python tools/reference/policy-qwen/inputs/text.py
"""

import json
import pathlib
import random

import jinja2
import numpy as np
import tokenizers
import transformers
from PIL import Image
from transformers import AutoProcessor, AutoTokenizer

packages = pathlib.Path(__file__).parents[4] / "packages/policy-qwen/src"
directory = packages / "files/__fixtures__/nested-bf16"
out = packages / "text/__fixtures__/text.json"
tokenizer = AutoTokenizer.from_pretrained(directory)
processor = AutoProcessor.from_pretrained(directory)

texts = [
    "", " ", "\n", "\n\n", "  \n \n  x", "Hello world", "Describe this image.", "hello   world  ", "a\tb\t\tc",
    "I'll they're DON'T we'VE 'S 'd 'LL x'm 'T", "1234567890 3.14 1,000 x2y3", "٣٤٥ ⅷ ² ½ 一二三",
    "Die Größe der Straße. Où est l'été? El niño.", "图片里有一只猫和两只狗。", "画像には猫がいます。ﾊﾝｶｸ", "이미지를 설명하세요",
    "Привет, мир!", "مرحبا بالعالم", "שלום עולם", "हिन्दी में", "ไทย ภาษา", "👩‍👩‍👧‍👦 🏳️‍🌈 😀😀", "e\u0301 \u00e9 \u1e9b\u0323 \u212b ﬁ",
    "\u00a0nbsp\u2003em\u3000wide\u2028line\u2029para", "\ufeffbom \u0085nel \u180e\u200b zero", "a\r\nb\rc\n\r\nd\r\n\r\n", "x\x00y\x1bz\x7f",
    "def f(x):\n    return x + 1\n\n\tif x == 0:\r\n        pass\n", "```python\nprint('hi')\n```\n", "\\boxed{\\frac{1}{2}}",
    "<think>I see 3 red, 5 blue. 3 + 5 = 8</think> \\boxed{8}", "!!!??? ... --- ###\n\n###", "a.b,c;d:e(f)[g]{h}<i>",
    "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", "<|vision_start|><|image_pad|><|image_pad|><|vision_end|>text",
    "<|im_end|><|endoftext|>", " <|im_end|> ", "<|im_end|>x <|im_end", "<|unknown|>", "<tool_call>{\"a\": 1}</tool_call>",
    "x<|file_sep|>y<|fim_pad|> z", "\U0001d54f\U00020000 \ud7a3 \u0378 \ue000", "Ω Ω ǅ ŉ İ i̇ ß ẞ", "a" * 50, " " * 40 + "x", "\n" * 9 + "x",
    "'sS 'ſ ’s 'K", "_ __ ___ a_b $100 50% #5 @me ^2 ~x |y",
]
generator = random.Random(1)
alphabet = "aeinrst AB01  \n\r\t'.,!?-éß图片猫猫Привет😀\u0301\u00a0\u3000"
texts += ["".join(generator.choice(alphabet) for _ in range(generator.randint(1, 60))) for _ in range(60)]
encoded = [{"text": text, "ids": tokenizer(text, add_special_tokens=False)["input_ids"]} for text in texts]
encoded = [{**case, "decoded": tokenizer.decode(case["ids"], skip_special_tokens=False),
            "plain": tokenizer.decode(case["ids"], skip_special_tokens=True)} for case in encoded]

ids_of = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
broken = []
for ids in [ids_of("图片")[:-1], ids_of("😀")[1:], ids_of("é")[:1], ids_of("a😀b")[:-2] + ids_of("x"), list(range(0, len(tokenizer), 7)),
            [generator.randrange(len(tokenizer)) for _ in range(100)]]:
    broken.append({"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                   "plain": tokenizer.decode(ids, skip_special_tokens=True)})

# --- chats ----------------------------------------------------------------------------------------
image, text = {"type": "image"}, lambda value: {"type": "text", "text": value}
conversations = {
    "the worked example": [{"role": "user", "content": [image, text("Describe this image.")]}],
    "text only": [{"role": "user", "content": "What is 3 + 5?"}],
    "own system": [{"role": "system", "content": "Answer in a box."}, {"role": "user", "content": [text("Look: "), image, text(" and "), image, text("?")]}],
    "several turns": [{"role": "user", "content": [image, text("How many?")]}, {"role": "assistant", "content": "3"}, {"role": "user", "content": [text("Sure?")]}],
    "empty": [{"role": "user", "content": ""}, {"role": "assistant", "content": []}],
}
# The published models' processor has no prefix for pictures unless asked.
chats = []
for name, messages in conversations.items():
    for generation in (True, False):
        for vision_id in (False, True):
            chats.append({"name": name, "messages": messages, "addGenerationPrompt": generation, "addVisionId": vision_id,
                          "text": processor.apply_chat_template(messages, add_generation_prompt=generation, add_vision_id=vision_id)})

# Prompts with images, through the whole processor; the sizes are [width, height].
prompts = []
for name, sizes in [("the worked example", [(32, 24)]), ("own system", [(40, 48), (17, 90)]), ("several turns", [(64, 64)]), ("text only", [])]:
    images = [Image.fromarray(np.zeros((height, width, 3), np.uint8)) for width, height in sizes]
    rendered = processor.apply_chat_template(conversations[name], add_generation_prompt=True)
    result = processor(text=[rendered], images=images or None, return_tensors="pt")
    prompts.append({"messages": conversations[name], "sizes": sizes, "grids": result["image_grid_thw"].tolist() if images else [],
                    "ids": result["input_ids"][0].tolist()})

versions = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "jinja2": jinja2.__version__}
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps({"versions": versions, "encoded": encoded, "broken": broken, "chats": chats, "prompts": prompts}) + "\n")
print(out, out.stat().st_size)
