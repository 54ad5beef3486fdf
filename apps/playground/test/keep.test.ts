// What is taken home of a run, and a model of one's own brought in. Needs a build of the page and of the trainer.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parameterShapes, parseQwenConfig, QwenEncoder } from '@cppo/policy-qwen';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, cppoTrain } from './cppo-train.js';
import { ask, axe, barriers, chromiumPath, keep, launchOptions, openPage, startRun } from './open-page.js';
import { serveBuilt } from './serve.js';
import { unpack } from './unpack.js';

const tiny = fileURLToPath(new URL('../../trainer/models/tiny/', import.meta.url));

/** Files of a checkpoint in the shape of the 7B model: its weights are a hole as large as they are. */
function writeSevenBillion(folder: string): void {
  const shipped: Record<string, unknown> = JSON.parse(readFileSync(join(tiny, 'config.json'), 'utf8'));
  const config = {
    ...Object.fromEntries(Object.entries(shipped).filter(([key]) => key.endsWith('_token_id'))),
    ...{ model_type: 'qwen2_5_vl', vocab_size: 152064, hidden_size: 3584, intermediate_size: 18944 },
    ...{ num_hidden_layers: 28, num_attention_heads: 28, num_key_value_heads: 4 },
    vision_config: { hidden_size: 1280, out_hidden_size: 3584 },
  };
  let end = 0;
  const tensors = [...parameterShapes(parseQwenConfig(config))].map(([name, shape]) => {
    const begin = end;
    end += 2 * shape.reduce((product, side) => product * side, 1);
    return [name, { dtype: 'BF16', shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(tensors)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, header]));
  truncateSync(join(folder, 'model.safetensors'), 8 + header.length + end);
}

const own = (page: Page) => page.getByText('A model of your own');
const chooseFiles = (page: Page, files: string | string[]) =>
  page.getByLabel('Files or an archive').setInputFiles(files);

describe.skipIf(chromiumPath === undefined)('what is kept of a run, in Chromium', () => {
  let browser: Browser;
  let served: Awaited<ReturnType<typeof serveBuilt>>;
  let root: string;
  let archive: string;
  beforeAll(async () => {
    served = await serveBuilt(false);
    browser = await chromium.launch(launchOptions);
    root = mkdtempSync(join(tmpdir(), 'cppo-kept-'));
  });
  afterAll(async () => {
    await browser?.close();
    served?.server.close();
    rmSync(root, { recursive: true });
  });

  it('is its model, which the command line asks, and its page', async () => {
    const { page, complaints } = await openPage(browser, served.url);
    const sizes = { Steps: 2, 'Prompts a step': 2, 'Answers each': 4, 'Held-out questions': 4 };
    await startRun(page, { ...sizes, 'Learning rate': 0.001 });
    await page.getByText('Done: 2 steps.').waitFor({ timeout: 120_000 });

    const model = await keep(page, 'Model');
    expect(model.name).toBe('cppo-run-A.zip');
    archive = join(root, model.name);
    copyFileSync(model.file, archive);
    expect((await unpack(archive, root)).sort()).toEqual(
      [
        ...['chat_template.jinja', 'config.json', 'cppo.json', 'generation_config.json', 'model.safetensors'],
        ...['preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json'],
      ].map((name) => `model/${name}`),
    );
    const asked = spawnSync(
      process.execPath,
      [
        ...[cli, 'eval', '--model', join(root, 'model'), '--data', 'builtin:digits'],
        ...['--questions', '8', '--samples', '2', '--json'],
      ],
      { encoding: 'utf8' },
    );
    expect(asked.status, asked.stderr).toBe(0);
    // It reads as the shipped model does: answers have its form.
    const { format } = JSON.parse(asked.stdout);
    expect(format).toBeGreaterThan(0.9);

    const kept = await keep(page, 'Page');
    expect(kept.name).toBe('cppo-run-A.html');
    const report = join(root, kept.name);
    copyFileSync(kept.file, report);
    expect(complaints).toEqual([]);
    await page.close();

    const shown = await openPage(browser, pathToFileURL(report).href);
    await shown.page.getByRole('heading', { name: 'cppo-tiny-seed1, in the browser' }).waitFor();
    expect(await shown.page.getByText(/WebAssembly with own kernels, 1 thread.* · cppo \d/).count()).toBe(1);
    expect(await shown.page.getByRole('row', { name: /^avg@4 \d/ }).count()).toBe(1);
    expect(await shown.page.getByText('All 4 groups.').count()).toBe(1);
    // Its program runs under its own policy.
    await shown.page.getByRole('combobox', { name: /^Step/ }).selectOption('1');
    expect(await shown.page.getByRole('option', { name: /step 2/ }).count()).toBe(0);
    expect(await barriers(shown.page, axe)).toEqual([]);
    expect(shown.complaints).toEqual([]);
    await shown.page.close();
  }, 240_000);

  it('is brought back in, asked, and trained further by adapters', async () => {
    const { page, complaints } = await openPage(browser, served.url);
    await own(page).click();
    await chooseFiles(page, archive);
    await page.getByText(/^qwen2_5_vl, 1\.57 M parameters; 4 MB of files, weights in bfloat16/).waitFor();
    expect(await barriers(page, axe)).toEqual([]);
    await page.getByRole('radio', { name: 'int8' }).check();
    await page.getByRole('button', { name: 'Take this model' }).click();
    await page.getByText('Your model: qwen2_5_vl, 1.57 M parameters, frozen weights in int8.').waitFor();
    expect(await ask(page)).toMatch(/\\boxed\{\d+\}/);

    await page.getByRole('radio', { name: 'adapters', exact: true }).check();
    await startRun(page, { Steps: 1, 'Prompts a step': 2, 'Answers each': 4, 'Held-out questions': 0 });
    await page.getByText('Done: 1 steps.').waitFor({ timeout: 120_000 });
    const again = await keep(page, 'Model');
    const folder = join(root, 'again');
    await unpack(again.file, folder);
    const { notes, config } = await QwenEncoder.open(join(folder, 'model'));
    expect(notes).toEqual({ template: 'question', maxTokens: 32 });
    expect(config.source.model_type).toBe('qwen2_5_vl');
    expect(complaints).toEqual([]);
    await page.close();
  }, 240_000);

  it('takes a folder with an adapter beside its model, and no adapter alone', async () => {
    const run = join(root, 'adapted');
    const sizes = ['steps=1', 'rollout.prompts=2', 'rollout.completions=2', 'data.eval=none'];
    cppoTrain(run, [...sizes, 'lora={rank: 4}']);
    const adapter = join(run, 'checkpoints', 'step-000001', 'model');
    const { page } = await openPage(browser, served.url);
    await own(page).click();
    await page.getByLabel('A folder').setInputFiles(adapter);
    await page
      .getByRole('alert')
      .getByText(/^These are the files of an adapter \(LoRA\) of .*; expected the files of that model/)
      .waitFor();
    await chooseFiles(page, join(adapter, 'adapter_config.json'));
    await page.getByText(/files of an adapter/).waitFor();
    await chooseFiles(page, new URL('../package.json', import.meta.url).pathname);
    await page.getByText(/^There is no model among this one file; expected config\.json/).waitFor();

    const both = join(root, 'both');
    cpSync(tiny, both, { recursive: true });
    cpSync(adapter, both, { recursive: true });
    await page.getByLabel('A folder').setInputFiles(both);
    await page.getByText(/^qwen2_5_vl, 1\.57 M parameters, with an adapter of rank 4; /).waitFor();
    await page.getByRole('button', { name: 'Take this model' }).click();
    expect(await ask(page)).toMatch(/\\boxed\{\d+\}/);
    await page.close();
  }, 120_000);

  it('refuses what no tab holds, with what one would', async () => {
    const { page } = await openPage(browser, served.url);
    const folder = join(root, 'seven');
    writeSevenBillion(folder);
    for (const name of ['tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json']) {
      copyFileSync(join(tiny, name), join(folder, name));
    }
    await own(page).click();
    await page.getByLabel('A folder').setInputFiles(folder);
    await page
      .getByText(/^qwen2_5_vl, 8\.29 G parameters; 16\.6 GB of files, weights in bfloat16/)
      .waitFor({ timeout: 30_000 });
    await page
      .getByRole('alert')
      .getByText(
        /^This model takes \d\.\d GB even with nf4 weights, and a tab has 4\.3 GB; what would fit is a model of about \d\d %/,
      )
      .waitFor();
    expect(await page.getByRole('button', { name: 'Take this model' }).count()).toBe(0);
    await page.close();
  }, 60_000);
});
