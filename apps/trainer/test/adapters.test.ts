// Adapters as users have them: trained on from their folder, resumed and exported. Needs a build (`npm run build`).
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cppo } from './command.js';

const tiny = fileURLToPath(new URL('../models/tiny', import.meta.url));
const small = [
  ...['rollout.prompts=2', 'rollout.completions=2', 'rollout.maxTokens=6', 'checkpoint.every=1'],
  ...['evaluation.questions=2', 'evaluation.samples=1'],
].flatMap((setting) => ['--set', setting]);

let root: string;
/** A trained adapter of rank 4, as a checkpoint holds it. */
let adapter: string;
const train = (...settings: string[]) => cppo(['train', ...small, ...settings], { cwd: root });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cppo-adapters-'));
  await train('--set', 'lora.rank=4', '--set', 'lora.alpha=8', '--steps', '1', '--set', 'output=first');
  const [checkpoint] = readdirSync(join(root, 'first/checkpoints'));
  adapter = join(root, 'adapter');
  cpSync(join(root, 'first/checkpoints', checkpoint as string, 'model'), adapter, { recursive: true });
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a run from an adapter', () => {
  test('trains it, is resumed, and its model is exported', async () => {
    const begun = await train('--set', `model=${adapter}`, '--steps', '1', '--set', 'output=second');
    expect([begun.code, begun.stderr]).toEqual([0, expect.stringContaining('(LoRA of rank 4)')]);
    const resumed = await cppo(['train', '--resume', 'second', '--steps', '2'], { cwd: root });
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.anything()]);
    const exported = await cppo(['export', '--run', 'second', '--out', 'exported'], { cwd: root });
    expect([exported.code, exported.stdout]).toEqual([0, expect.stringContaining('after step 2')]);
    expect(readdirSync(join(root, 'exported'))).toContain('tokenizer.json');
    const checkpoint = join(
      root,
      'second/checkpoints',
      readdirSync(join(root, 'second/checkpoints')).at(-1) as string,
    );
    const saved = JSON.parse(readFileSync(join(checkpoint, 'model/adapter_config.json'), 'utf8'));
    expect(saved).toMatchObject({
      r: 4,
      lora_alpha: 8,
      base_model_name_or_path: expect.stringMatching(/tiny$/),
    });
  }, 180_000);

  test('keeps its rank: another is refused', async () => {
    const { code, stderr } = await train(
      '--set',
      `model=${adapter}`,
      '--set',
      'lora.rank=8',
      '--set',
      'output=third',
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('lora.rank is 8, and the adapter has 4; leave lora out'),
    ]);
  }, 60_000);
});

describe('a weight that is not finite', () => {
  test.each([
    ['generate', '--prompt', 'a', '--max-tokens', '2'],
    ['score', '--prompt', 'a', '--completion', 'b'],
    ['eval', '--data', 'builtin:digits', '--questions', '1', '--samples', '1'],
  ])('%s', async (...command) => {
    const broken = join(root, 'broken');
    cpSync(tiny, broken, { recursive: true });
    const file = join(broken, 'model.safetensors');
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
      string,
      { data_offsets: [number, number] }
    >;
    const [begin] = header['model.layers.1.mlp.up_proj.weight']!.data_offsets;
    bytes.writeUInt16LE(0x7fc0, 8 + length + begin + 10);
    writeFileSync(file, bytes);
    // Narrow weights stay as the file has them and are not looked at; what they give is.
    const { code, stderr } = await cppo([...command, '--model', broken, '--weights', 'float32'], {
      cwd: root,
    });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(
        'tensor "model.layers.1.mlp.up_proj.weight" in model.safetensors holds NaN (element 5 of',
      ),
    ]);
  });
});
