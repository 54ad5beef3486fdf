// Started as a process of its own by `diagnoseEngines`: starts the requested engine and prints a description of it.
import * as tf from '@tensorflow/tfjs-core';
import { type EngineOptions, EngineUnavailableError } from './engines/engine.js';
import { startEngine } from './engines/start-engine.js';

const report = await startEngine(JSON.parse(process.argv[2]!) as EngineOptions).then(
  (engine) => ({ ...engine, packed: tf.getKernel('CppoPackedProduct', tf.getBackend()) !== undefined }),
  (problem: Error) =>
    problem instanceof EngineUnavailableError
      ? { reason: problem.reason, remedy: problem.remedy }
      : { reason: problem.message },
);
process.stdout.write(`engine-probe:${JSON.stringify(report)}\n`, () => process.exit(0));
