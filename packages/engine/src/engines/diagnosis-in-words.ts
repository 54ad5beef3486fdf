import type { Diagnosis } from './diagnose.js';

/**
 * A diagnosis for people: the machine, then every engine with its state, reason and remedy.
 *
 * @param diagnosis as `diagnoseEngines` gives it.
 * @returns lines without a newline at the end; the engine that is chosen has an arrow before it.
 */
export function diagnosisInWords({ node, platform, processor, memory, chosen, engines }: Diagnosis): string {
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
