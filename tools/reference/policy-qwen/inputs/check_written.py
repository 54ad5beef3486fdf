"""Shows that transformers and PEFT read what packages/policy-qwen/src/files writes.

Bundles the writer with esbuild, lets it rewrite the fixtures of directories.py (both namings, both types, sharded
and not, and an adapter), loads the results and compares every parameter and the logits with the originals. The
hashes of the files that were read go to written.json, so that the tests can tell that today's writer still writes
the very bytes that were read here.

Run after directories.py: python tools/reference/policy-qwen/inputs/check_written.py
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile

import peft
import torch
import transformers
from peft import PeftModel
from transformers import AutoProcessor, Qwen2_5_VLForConditionalGeneration as Model

root = pathlib.Path(__file__).parents[4]
package = root / "packages/policy-qwen"
fixtures = package / "src/files/__fixtures__"

SCRIPT = """
import { adapterTensorName, parseAdapterTensorName, readAdapterDirectory, readModelDirectory, writeAdapterDirectory, writeModelDirectory } from './files.mjs';
const [fixtures, out] = process.argv.slice(2);
const collect = async (stream) => { const list = []; for await (const item of stream) list.push(item); return list; };
for (const [name, dtype, maxShardBytes] of [['nested-bf16', 'bfloat16', 20000], ['nested-bf16', 'float32', 5e9], ['flat-f16', 'float32', 30000], ['new-names-f32', 'float32', 5e9]]) {
  const files = await readModelDirectory(`${out}/sources/${name}`);
  await writeModelDirectory(`${out}/${name}-${dtype}`, { config: files.config, tensors: await collect(files.tensors()), dtype, maxShardBytes, copyFrom: files.directory });
}
const adapter = await readAdapterDirectory(`${fixtures}/adapter`);
const factors = (await collect(adapter.tensors())).map(({ name, shape, data }) => ({ ...parseAdapterTensorName(name), shape, data }));
await writeAdapterDirectory(`${out}/adapter`, { rank: adapter.rank, alpha: adapter.alpha, dropout: adapter.dropout, baseModel: adapter.baseModel, factors });
"""


def load(directory):
    model, info = Model.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    return model.eval()


def logits(model, processor):
    rows = processor.apply_chat_template([{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "How many?"}]}],
                                         add_generation_prompt=True)
    image = torch.arange(3 * 24 * 32, dtype=torch.uint8).reshape(3, 24, 32)
    with torch.no_grad():
        return model(**processor(text=[rows], images=[image], return_tensors="pt")).logits


with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    subprocess.run(["npx", "esbuild", "src/files/index.ts", "--bundle", "--platform=node", "--format=esm",
                    "--external:@huggingface/hub", f"--outfile={out}/files.mjs"], cwd=package, check=True, capture_output=True)
    # The other fixtures have no tokenizer of their own, since it is the same one.
    for name in ("nested-bf16", "flat-f16", "new-names-f32"):
        source = out / "sources" / name
        shutil.copytree(fixtures / name, source)
        for file in ("tokenizer.json", "tokenizer_config.json") + (("processor_config.json",) if name == "new-names-f32" else ()):
            if not (source / file).exists():
                shutil.copy(fixtures / "nested-bf16" / file, source)
        if name == "new-names-f32":
            shutil.copy(fixtures / "nested-bf16/chat_template.jinja", source)
    (out / "write.mjs").write_text(SCRIPT)
    subprocess.run(["node", str(out / "write.mjs"), str(fixtures), str(out)], check=True)
    for name in ("nested-bf16-bfloat16", "nested-bf16-float32", "flat-f16-float32", "new-names-f32-float32"):
        source = out / "sources" / name.rsplit("-", 1)[0]
        original = load(source)
        expected = logits(original, AutoProcessor.from_pretrained(source))
        model = load(out / name)
        for (key, a), (_, b) in zip(original.state_dict().items(), model.state_dict().items()):
            assert torch.equal(a, b), key
        assert torch.equal(expected, logits(model, AutoProcessor.from_pretrained(out / name))), name
        assert Model.from_pretrained(out / name, dtype="auto").dtype == getattr(torch, name.split("-")[-1])
        print(name, "read by transformers: all parameters and logits equal")

    def adapted(adapter):
        return PeftModel.from_pretrained(load(fixtures / "new-names-f32"), adapter)

    processor = AutoProcessor.from_pretrained(fixtures / "nested-bf16")
    a, b = adapted(fixtures / "adapter"), adapted(out / "adapter")
    assert [n for n, _ in a.named_parameters()] == [n for n, _ in b.named_parameters()]
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters()))
    assert torch.equal(logits(a, processor), logits(b, processor))
    assert not torch.equal(logits(a, processor), logits(load(fixtures / "new-names-f32"), processor))
    print("adapter read by PEFT: all parameters and logits equal")

    hashes = {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
              for path in sorted(out.glob("*/*")) if path.is_file() and path.match("*.safetensors") or path.name in ("config.json", "adapter_config.json", "model.safetensors.index.json")}
    versions = {"transformers": transformers.__version__, "torch": torch.__version__, "peft": peft.__version__}
    (fixtures / "written.json").write_text(json.dumps({"versions": versions, "sha256": hashes}, indent=1) + "\n")
