import { buildNative, type Diagnosis, diagnoseEngines } from '@cppo/engine';
import { UserError } from '../user-error.js';

/** `cppo doctor`: engines with their state, reason and remedy. */
export async function doctor(options: {
  json?: boolean;
  fix?: boolean;
  from?: string;
  softwareAdapter?: boolean;
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
  console.log(options.json ? JSON.stringify(diagnosis, null, 2) : inText(diagnosis));
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
