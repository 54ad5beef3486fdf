import { parseMemorySize } from '@cppo/checked-options';
import { buildNative, diagnoseEngines, diagnosisInWords, memoryLimit } from '@cppo/engine';
import { publishedModels, qwenCapacity, type WeightFormat, weightFormats } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import { gigabytes, type KnownModel, knownModelsFit, modelFitsInWords } from '@cppo/training';
import { roomWithin } from '../session/room.js';

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
  const models =
    chosen === undefined
      ? []
      : knownModelsFit(
          await publishedCapacities(),
          roomWithin(chosen, limit, chosen.packed ? weightFormats : ['float32']),
        );
  if (options.json) {
    console.log(JSON.stringify({ ...diagnosis, memory: { ...diagnosis.memory, limit }, models }, null, 2));
    return;
  }
  console.log(diagnosisInWords(diagnosis));
  console.log(
    `\n${limit.source} ${gigabytes(limit.bytes)}${models.length === 0 ? '' : '; published models there, about:'}`,
  );
  for (const line of modelFitsInWords(models)) console.log(`    ${line}`);
}

/** The published models of the built-in family. */
async function publishedCapacities(): Promise<KnownModel<WeightFormat>[]> {
  const models = await Promise.all(
    publishedModels.map(async ({ name, id }) => ({ model: name, capacity: await qwenCapacity(id) })),
  );
  return models.flatMap(({ model, capacity }) => (capacity === undefined ? [] : [{ model, capacity }]));
}
