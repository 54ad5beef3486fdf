import { expect, it } from 'vitest';
import { accelerateWasm, diagnoseEngines, runConformance, startEngine } from './index.js';

/** What JavaScript can pass and TypeScript would not. */
const loose = <T>(value: unknown): T => value as T;

it.each([
  [() => startEngine(loose({ thread: 1 })), 'startEngine: unknown option "thread", did you mean "threads"?'],
  [() => startEngine(loose({ prefer: 'gpu' })), 'startEngine: prefer is "gpu", '],
  [() => startEngine(loose({ bfloat16: 'yes' })), 'startEngine: bfloat16 is "yes"; expected true or false.'],
  [() => startEngine({ threads: 0 }), 'startEngine: threads is 0; expected a positive whole number.'],
  [
    () => accelerateWasm(loose({ thread: 1 })),
    'accelerateWasm: unknown option "thread", did you mean "threads"?',
  ],
  [
    () => runConformance(loose({ tol: 1 })),
    'runConformance: unknown option "tol", did you mean "tolerance"?',
  ],
  [() => diagnoseEngines(loose({ software: true })), 'did you mean "softwareAdapter"?'],
])('%s', async (call, message) => {
  await expect(call()).rejects.toThrow(message);
});
