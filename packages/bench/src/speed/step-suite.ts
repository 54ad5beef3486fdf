import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireNames } from '@cppo/checked-options';
import { UserError } from '@cppo/run';
import { stepWorkerFile, trlStepFile } from '../built-files.js';
import { type MeasuredStep, measureStep, type StepTurn } from './step.js';
import {
  type StepConfiguration,
  stepConfigurations,
  writeModel,
  writePrompts,
} from './step-configurations.js';
import type { StepJob, StepRequest } from './step-job.js';
import { type Growth, measureGrowth } from './step-scaling.js';
import { type Profile, profileTable, stepTables } from './step-tables.js';
import type { SpeedReport } from './table.js';
import { TurnTaker } from './turn-taker.js';

export interface StepSuiteOptions {
  /** Directory of the tiny Qwen2.5-VL that the configurations train; `cppo` hands in the one that it ships. */
  readonly tinyModel: string;
  readonly engine?: string;
  readonly softwareAdapter?: boolean;
  readonly threads?: number;
  /** Python with TRL; without it our side runs alone. */
  readonly python?: string;
  /** Names of configurations; all when left out. */
  readonly configuration?: readonly string[];
  /** Also how time grows with work, and whether it stays the same over 300 steps. */
  readonly scaling?: boolean;
  /** Also what every kernel takes of a GRPO and of a CPPO step. */
  readonly profile?: boolean;
}

/** What a process says when it is ready. */
interface Greeting {
  readonly engine?: string;
  readonly versions?: Readonly<Record<string, string>>;
}

/** `cppo bench speed --suite step`: whole training steps, ours and TRL's in turns. */
export async function stepSuite(
  options: StepSuiteOptions,
  progress: (line: string) => void,
): Promise<SpeedReport> {
  requireNames('stepSuite', options, {
    ...{ tinyModel: true, engine: true, softwareAdapter: true, threads: true, python: true },
    ...{ configuration: true, scaling: true, profile: true },
  });
  const known = stepConfigurations.map(({ name }) => name);
  const unknown = options.configuration?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UserError(`--configuration: found ${unknown}, expected one of ${known.join(', ')}.`);
  const chosen = stepConfigurations.filter(({ name }) => options.configuration?.includes(name) ?? true);
  const directory = mkdtempSync(join(tmpdir(), 'cppo-step-'));
  try {
    const results: (MeasuredStep & { readonly threads: number })[] = [];
    let versions: Greeting['versions'];
    let missing = options.python === undefined ? 'no --python was given' : undefined;
    let growth: Growth | undefined;
    const profiles: Profile[] = [];
    for (const configuration of chosen) {
      progress(`${configuration.name}: ${described(configuration)}`);
      const run = await openSides(configuration, directory, options, missing === undefined);
      if (run.missing !== undefined) progress(`TRL: ${run.missing}`);
      missing ??= run.missing;
      versions ??= run.peerVersions;
      try {
        const { name, engine, tokens, sides, threads } = run;
        const measured = await measureStep({ name, engine, tokens, sides, rounds: 3, plainRounds: 1 });
        results.push({ ...measured, threads });
        for (const objective of options.profile ? (['grpo', 'cppo'] as const) : []) {
          const profiled = await run.turn<Profile>({ objective, profile: true });
          profiles.push({ ...profiled, configuration: configuration.name, objective });
        }
        if (options.scaling && growth === undefined)
          growth = await measureGrowth(run.full, configuration, progress);
      } finally {
        run.close();
      }
    }
    return {
      json: {
        configurations: results,
        peer: versions ?? null,
        ...(missing === undefined ? {} : { peerMissing: missing }),
        ...(growth === undefined ? {} : { scaling: growth }),
        ...(profiles.length === 0 ? {} : { profiles }),
      },
      tables: [...stepTables(results, versions, missing, growth), ...profiles.map(profileTable)],
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function openSides(
  configuration: StepConfiguration,
  directory: string,
  options: StepSuiteOptions,
  withPeer: boolean,
) {
  const { answers, ...prompts } = await writePrompts(configuration, directory);
  const threads = options.threads ?? availableParallelism();
  const full: StepJob = {
    model: await writeModel(configuration.model, options.tinyModel, directory),
    ...prompts,
    completions: configuration.completions,
    tokens: configuration.tokens,
    threads,
    ...(options.engine === undefined ? {} : { engine: options.engine }),
    ...(options.softwareAdapter ? { softwareAdapter: true } : {}),
  };
  const write = (name: string, job: StepJob) => {
    const file = join(directory, `${configuration.name}-${name}.json`);
    writeFileSync(file, JSON.stringify(job));
    return file;
  };
  const ours = new TurnTaker(process.execPath, [stepWorkerFile, write('full', full)]);
  const objectives = new TurnTaker(process.execPath, [
    stepWorkerFile,
    write('rewarded', answers === undefined ? full : { ...full, answers }),
  ]);
  const peer = withPeer ? new TurnTaker(options.python!, [trlStepFile, write('peer', full)]) : undefined;
  const close = () => {
    for (const side of [ours, objectives, peer]) side?.close();
  };
  try {
    const { engine } = await ours.next<Greeting>();
    await objectives.next<Greeting>();
    const greeting = await peer?.next<Greeting>().catch((error: Error) => ({ missing: error.message }));
    const missing = greeting && 'missing' in greeting ? greeting.missing : undefined;
    const turn = <T extends StepTurn>(request: StepRequest) => objectives.ask<T>(request);
    return {
      name: configuration.name,
      engine: engine!,
      tokens: configuration.prompts * configuration.completions * configuration.tokens,
      threads,
      missing,
      peerVersions: greeting && 'versions' in greeting ? greeting.versions : undefined,
      turn,
      full: (request: StepRequest) => ours.ask<StepTurn>(request),
      close,
      sides: {
        ours: () => ours.ask<StepTurn>({ objective: 'grpo' } satisfies StepRequest),
        ...(peer && missing === undefined ? { peer: () => peer.ask<StepTurn>({}) } : {}),
        grpo: () => turn({ objective: 'grpo' }),
        cppo: () => turn({ objective: 'cppo', again: true }),
        unshared: () => turn({ objective: 'grpo', plain: true, again: true }),
        plain: () => turn({ objective: 'cppo', plain: true, again: true }),
      },
    };
  } catch (error) {
    close();
    throw new UserError(`--suite step: a process that runs steps ended: ${(error as Error).message}.`);
  }
}

function described({ prompts, completions, tokens, side }: StepConfiguration): string {
  const picture = side === undefined ? '' : `, ${(side / 28) ** 2} image tokens`;
  return `${prompts} × ${completions} completions of ${tokens} tokens${picture}`;
}
