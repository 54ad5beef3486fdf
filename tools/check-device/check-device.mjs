// What a machine with a graphics card does with cppo, in at most ten minutes: conformance, parity, sampling and a CPPO step.
//
//   npm run check:device -- [--out FILE] [--engine NAME] [--models tiny,1b] [--minutes N]
//
// Writes one JSON file. Exit code 0: all checks passed, or there is no card (the file says so: `device` is null);
// 1: a check failed; 2: a wrong option.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { diagnoseEngines, engineNames } from '@cppo/engine';
import { encodePng } from '@cppo/perturb';
import { publishedConfig } from '../full-size/published-config.mjs';
import { writeModel } from '../full-size/write-model.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const trainer = join(root, 'apps', 'trainer');
const cards = ['tensorflow-gpu', 'webgpu'];
const models = ['tiny', '1b'];
/** Largest difference of log-probabilities to wasm, nats: cards multiply float32 in other orders, some in 19 bits. */
const PARITY = 1e-2;

const options = readOptions();
const deadline = Date.now() + options.minutes * 60_000;
const directory = mkdtempSync(join(tmpdir(), 'cppo-device-'));
function readOptions() {
  const refuse = (message) => {
    console.error(`check:device: ${message}`);
    process.exit(2);
  };
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        out: { type: 'string', default: 'check-device.json' },
        engine: { type: 'string' },
        models: { type: 'string', default: models.join(',') },
        minutes: { type: 'string', default: '10' },
      },
    }));
  } catch (error) {
    refuse(error.message);
  }
  const { engine, out } = values;
  if (engine !== undefined && !engineNames.includes(engine))
    refuse(`--engine is ${engine}; expected one of ${engineNames.join(', ')}.`);
  const wanted = values.models.split(',');
  const unknown = wanted.find((name) => !models.includes(name));
  if (unknown !== undefined) refuse(`--models has ${unknown}; expected some of ${models.join(', ')}.`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) refuse(`--minutes is ${values.minutes}; expected a number above 0.`);
  return { out, engine, wanted, minutes };
}

async function check() {
  const diagnosis = await diagnoseEngines();
  const about = { date: new Date().toISOString(), node: diagnosis.node, processor: diagnosis.processor };
  const ready = diagnosis.engines.find(
    ({ name, state }) =>
      state === 'ready' && (options.engine === undefined ? cards.includes(name) : name === options.engine),
  );
  if (ready === undefined) {
    const reasons = diagnosis.engines
      .filter(({ name }) => (options.engine === undefined ? cards.includes(name) : name === options.engine))
      .map(({ name, reason }) => `${name}: ${reason}`);
    return { ...about, device: null, summary: `No card to check here (${reasons.join('; ')}).`, reasons };
  }
  console.error(`${ready.name}: ${ready.devices.join(', ')}`);
  const checks = {};
  checks.conformance = await stage('conformance', () =>
    answer(self('on-engine.mjs'), ['conformance', ready.name]),
  );
  checks.products = await stage('products', () => answer(self('on-engine.mjs'), ['products', ready.name]));
  checks.parity = await stage('parity', () => parity(ready.name));
  for (const model of options.wanted) {
    checks[model] = await stage(`sampling and steps, ${model}`, () =>
      steps(model, ready.name, checks.products.gigaflops),
    );
  }
  const failed = Object.entries(checks).filter(([, { passed }]) => passed === false);
  const passed = failed.length === 0;
  return {
    ...about,
    device: { engine: ready.name, names: ready.devices, description: ready.description },
    passed,
    summary: passed
      ? `${ready.name}: all checks passed.`
      : `${ready.name}: failed ${failed.map(([name]) => name).join(', ')}.`,
    checks,
  };
}

/** A part of the check; what does not end in time, or fails, does not keep the others from running. */
async function stage(name, run) {
  const start = Date.now();
  if (start >= deadline) return { passed: false, error: 'the time was up before it began' };
  console.error(name);
  const found = await run().catch((error) => ({ passed: false, error: error.message }));
  return { ...found, seconds: (Date.now() - start) / 1000 };
}

const self = (file) => join(root, 'tools', 'check-device', file);

/** Log-probabilities of the shipped model on the card beside those on wasm. */
async function parity(engine) {
  const picture = await noise('parity', 112);
  const on = async (name) => {
    const words = ['score', '--model', 'tiny', '--image', picture, '--prompt', 'What is red plus blue?'];
    const found = await answer(join(trainer, 'dist', 'cli.js'), [
      ...words,
      '--completion',
      'red 3 blue 4',
      '--json',
      '--engine',
      name,
    ]);
    return found.logProbs;
  };
  const [card, processor] = [await on(engine), await on('wasm')];
  const difference = Math.max(...card.map((value, i) => Math.abs(value - processor[i])));
  return { passed: difference <= PARITY, difference, allowed: PARITY };
}

/** A group sampled, a GRPO and a CPPO step; with adapters at 1B, where the card's memory may not hold moments of all weights. */
async function steps(model, engine, gigaflops) {
  let source = join(trainer, 'models', 'tiny');
  if (model === '1b') {
    source = join(directory, '1b');
    await writeModel(source, publishedConfig('1b'));
  }
  const job = {
    ...{
      model: source,
      engine,
      threads: availableParallelism(),
      completions: 8,
      tokens: model === '1b' ? 64 : 32,
    },
    ...{ pictures: [await noise(model, model === '1b' ? 448 : 112)], questions: ['What is in the picture?'] },
    ...(model === '1b' ? { lora: { rank: 16, alpha: 32 } } : {}),
  };
  const file = join(directory, `${model}.json`);
  writeFileSync(file, JSON.stringify(job));
  const worker = new Worker(join(root, 'packages', 'bench', 'dist', 'speed', 'step-worker.js'), [file]);
  try {
    await worker.next();
    // The first turn compiles what the card needs.
    await worker.ask({ objective: 'cppo' });
    const grpo = await worker.ask({ objective: 'grpo' });
    const cppo = await worker.ask({ objective: 'cppo', again: true });
    const share = ({ products, scoring, update }) =>
      gigaflops === undefined ? undefined : products / (scoring + update) / (gigaflops * 1e9);
    const finite = [grpo.step, cppo.step].every(Number.isFinite);
    return {
      passed: finite,
      sampledTokensPerSecond: (job.completions * job.tokens) / grpo.sampling,
      grpo: { ...grpo, shareOfPeak: share(grpo) },
      cppo: { ...cppo, shareOfPeak: share(cppo) },
    };
  } finally {
    worker.close();
  }
}

/** A picture of noise that is the same every time. */
async function noise(name, side) {
  let state = side;
  const data = Uint8Array.from({ length: 3 * side * side }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  const file = join(directory, `${name}.png`);
  if (!readdirSync(directory).includes(`${name}.png`)) {
    writeFileSync(file, await encodePng({ width: side, height: side, data }));
  }
  return file;
}

/** The one line of JSON that a script prints. */
async function answer(script, words) {
  const worker = new Worker(script, words);
  try {
    return await worker.next();
  } finally {
    worker.close();
  }
}

/** A process that says lines of JSON, killed when the time is up. */
class Worker {
  constructor(script, words) {
    this.process = spawn(process.execPath, [script, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stdin.on('error', () => {});
    this.said = '';
    this.process.stderr.on('data', (text) => {
      this.said = `${this.said}${text}`.slice(-2000);
    });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.timer = setTimeout(() => {
      this.late = true;
      this.process.kill('SIGKILL');
    }, deadline - Date.now());
  }

  async next() {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) {
        const words = this.said.trim().split('\n');
        throw new Error(
          this.late
            ? 'the time was up'
            : (words.findLast((line) => /error|cppo:/i.test(line)) ?? words.at(-1)),
        );
      }
      // Libraries print too.
      if (value.startsWith('{')) return JSON.parse(value);
    }
  }

  ask(request) {
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    return this.next();
  }

  close() {
    clearTimeout(this.timer);
    this.process.kill();
  }
}

try {
  const report = await check();
  writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
  console.log(report.summary);
  console.log(options.out);
  process.exitCode = report.device === null || report.passed ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
