import { readFileSync } from 'node:fs';
import { type EngineName, startEngine } from '@cppo/engine';
import { decodeImage } from '@cppo/perturb';
import { type EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { peakMemory } from './peak-memory.js';
import type { SizeJob, SpeedFigures } from './size-job.js';

// A process that makes one measurement of a model of full size and says it on one line.

/** Tokens of the completion whose scoring is measured by its memory. */
const SCORED = 8;

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as SizeJob;
const engine = await startEngine({
  threads: job.threads,
  ...(job.engine === undefined ? {} : { prefer: job.engine as EngineName }),
});
const policy = await QwenPolicy.load(job.model, { trainable: false, ...job.arithmetic });
const picture = await decodeImage(readFileSync(job.picture));
/** Encoded anew each time: the features of a picture that was seen before are kept. */
const prompt = (): EncodedPrompt => policy.encode({ prompt: job.question, images: [picture] });

const measured = {
  score: async () => {
    const { logProbs } = policy.score([{ prompt: prompt(), completions: [tokenIds(SCORED)] }]);
    return { logProbs: Array.from(await logProbs.data()), promptTokens: prompt().ids.length };
  },
  first: async () => {
    await policy.generate([prompt()], { maxTokens: 1 });
    return {};
  },
  speed,
};
const figures = await measured[job.measure]();
console.log(JSON.stringify({ ...figures, memory: peakMemory(), engine: engine.description }));
process.exit(0);

async function speed(): Promise<Omit<SpeedFigures, 'memory'>> {
  const { completions, tokens } = job;
  const length = prompt().ids.length;
  const score = async (count: number) => {
    const ids = Array.from({ length: count }, (_, row) => tokenIds(tokens + row).slice(row));
    const scores = policy.score([{ prompt: prompt(), completions: ids }]);
    await scores.logProbs.data();
    for (const tensor of [scores.logProbs, scores.entropies, scores.mask]) tensor.dispose();
  };
  const prefill = await median(() => policy.generate([prompt()], { maxTokens: 1 }));
  const sequence = await median(() => score(1));
  const groupStart = performance.now();
  await score(completions);
  const group = (performance.now() - groupStart) / 1000;
  const stamps: number[] = [];
  await policy.generate([prompt()], {
    completions,
    maxTokens: tokens,
    stopIds: [],
    onToken: () => stamps.push(performance.now()),
  });
  const sampling = (stamps.at(-1)! - stamps[completions - 1]!) / 1000;
  return {
    prefill: length / prefill,
    scoring: (length + tokens) / sequence,
    groupScoring: (completions * tokens) / group,
    sampling: (completions * (tokens - 1)) / sampling,
  };
}

/** Seconds; the first run, which sets up buffers, does not count. */
async function median(work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let round = 0; round < job.rounds; round++) {
    const start = performance.now();
    await work();
    times.push((performance.now() - start) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

/** The completion that both sides score: ids below the first added token, spread over them. */
function tokenIds(count: number): Int32Array {
  const vocabulary = policy.tokenizer.encode('<|endoftext|>')[0]!;
  return Int32Array.from({ length: count }, (_, i) => (1 + 7919 * (i + 1)) % vocabulary);
}
