// Started as a process of its own by `diagnoseEngines`: starts the engine named and prints what it is.
import { type EngineName, EngineUnavailableError } from './engines/engine.js';
import { startEngine } from './engines/start-engine.js';

const report = await startEngine({ prefer: process.argv[2] as EngineName }).catch((problem: Error) =>
  problem instanceof EngineUnavailableError
    ? { reason: problem.reason, remedy: problem.remedy }
    : { reason: problem.message },
);
process.stdout.write(`engine-probe:${JSON.stringify(report)}\n`, () => process.exit(0));
