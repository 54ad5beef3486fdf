import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { configOfRun } from './config-of-run.js';

/**
 * Refuses a directory of a run, or of one of its checkpoints, in place of the model in it.
 *
 * @param directory that is named as a model.
 * @throws RangeError that names the model, or the command that makes it.
 */
export function refuseRun(directory: string): void {
  const model = join(directory, 'model');
  const holdsModel = existsSync(join(model, 'config.json'));
  if (configOfRun(directory) !== undefined) {
    const where = holdsModel
      ? `its trained model is ${model}`
      : `which has no model yet: cppo export --run ${directory} --out DIR makes it from the newest checkpoint`;
    throw new RangeError(`found ${directory}, a run${holdsModel ? '; ' : ', '}${where}.`);
  }
  if (holdsModel && !existsSync(join(directory, 'config.json')))
    throw new RangeError(`found ${directory}, which is no model but holds one: ${model}.`);
}
