import { buildNative, type Diagnosis, diagnoseEngines } from '@cppo/engine';
import { publishedModels, qwenCapacity } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import { parseMemorySize } from '../config/memory-size.js';
import { type KnownModel, knownModelsFit, type ModelFit } from '../memory/known-models.js';
import { memoryLimit } from '../memory/limit.js';
import { gigabytes } from '../memory/units.js';

/** `cppo doctor`: engines with their state, reason and remedy. */
export async function doctor(options: {
  json?: boolean;
  fix?: boolean;
  from?: string;
  softwareAdapter?: boolean;
  /** Such as 12GB. */
  memory?: string;
}): Promise<void> {
  if (options.fix) {
    try {
      await buildNative({
        ...(options.from === undefined ? {} : { from: options.from }),
        report: (line) => console.error(line),
      });
    } catch (error) {
      throw new UserError(`--fix: ${(error as Error).message}`);
    }
  }
  const diagnosis = await diagnoseEngines({ softwareAdapter: options.softwareAdapter ?? false });
  const asked = options.memory === undefined ? undefined : parseMemorySize(options.memory);
  const limit = memoryLimit(asked);
  const chosen = diagnosis.engines.find(({ name }) => name === diagnosis.chosen);
  const models = chosen === undefined ? [] : knownModelsFit(await publishedCapacities(), chosen, limit.bytes);
  if (options.json) {
    console.log(JSON.stringify({ ...diagnosis, memory: { ...diagnosis.memory, limit }, models }, null, 2));
    return;
  }
  console.log(inText(diagnosis));
  console.log(
    `\n${limit.source} ${gigabytes(limit.bytes)}${models.length === 0 ? '' : '; published models there, about:'}`,
  );
  for (const each of models) console.log(`    ${modelLine(each)}`);
}

/** The published models of the built-in family. */
async function publishedCapacities(): Promise<KnownModel[]> {
  const models = await Promise.all(
    publishedModels.map(async ({ name, id }) => ({ model: name, capacity: await qwenCapacity(id) })),
  );
  return models.flatMap(({ model, capacity }) => (capacity === undefined ? [] : [{ model, capacity }]));
}

/** `3B nf4       score 3.2 GB   step with LoRA 5.1 GB`, with what does not fit marked. */
function modelLine({ model, weights, score, step, fits }: ModelFit): string {
  const mark = (bytes: number, fit: boolean) => `${gigabytes(bytes).padStart(8)}${fit ? '  ' : ' ✗'}`;
  return `${model} ${weights.padEnd(9)} score ${mark(score, fits.score)}   CPPO step with LoRA ${mark(step, fits.step)}`;
}

function inText({ node, platform, processor, memory, chosen, engines }: Diagnosis): string {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const parameters = (count: number) => `${(count / 1e9).toFixed(2)} G`;
  return [
    `Node ${node} on ${platform}`,
    `${processor.model}, ${processor.cores} cores${processor.features.length > 0 ? `: ${processor.features.join(' ')}` : ''}`,
    `memory ${gibibytes(memory.total)}, ${gibibytes(memory.free)} free`,
    ...engines.flatMap(({ name, state, description, reason, remedy, largestModel }) => [
      '',
      `${name === chosen ? '→' : ' '} ${name}: ${state}${description === undefined ? '' : `, ${description}`}`,
      ...(reason === undefined ? [] : [`    ${reason}`]),
      ...(remedy === undefined ? [] : [`    remedy: ${remedy}`]),
      ...(state === 'ready'
        ? [
            `    largest model, parameters: run ${parameters(largestModel.run)}, train ${parameters(largestModel.trainFull)}, with LoRA ${parameters(largestModel.trainLora)}`,
          ]
        : []),
    ]),
  ].join('\n');
}
