import { inspectDataset } from '@cppo/dataset';
import { UserError } from '../user-error.js';

/** `cppo data inspect`: what is in a data set. */
export async function inspectData(spec: string, options: { json?: boolean }): Promise<void> {
  let found: Awaited<ReturnType<typeof inspectDataset>>;
  try {
    found = await inspectDataset(spec);
  } catch (error) {
    throw new UserError(`${(error as Error).message}`);
  }
  console.log(options.json ? JSON.stringify(found, null, 2) : found);
}
