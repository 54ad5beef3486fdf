import { formatSpeedTable } from '@cppo/bench';
import { type SpeedChoice, speedSuite } from '@cppo/bench/experiments';
import { modelSource } from '../model-source.js';

interface SpeedOptions extends Omit<SpeedChoice, 'model' | 'tinyModel'> {
  readonly suite: string;
  readonly model?: string;
  readonly json?: boolean;
}

/** `cppo bench speed`: figures of one suite as tables, or as JSON. */
export async function benchSpeed({ suite, model = 'tiny', ...options }: SpeedOptions): Promise<void> {
  const choice = { ...options, model: modelSource(model), tinyModel: modelSource('tiny') };
  const { json, tables } = await speedSuite(suite, choice, (line) => console.error(line));
  console.log(options.json ? JSON.stringify(json, null, 2) : tables.map(formatSpeedTable).join('\n\n'));
}
