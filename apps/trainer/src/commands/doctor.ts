import { diagnoseEngines } from '@cppo/engine';

/** `cppo doctor`: engines with their state, reason and remedy. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const report = await diagnoseEngines();
  if (options.json) console.log(JSON.stringify(report, null, 2));
}
