import { toSeries } from '@cppo/run/page';
import type { PageProgram, RunPageData, RunStatus } from '@cppo/run/page-document';
import programUrl from '@cppo/run/page-program?url';
import { version } from '@cppo/trainer/package.json';
import type { ModelChoice } from '../worker/model-choice.js';
import type { RunChoice } from '../worker/train-messages.js';
import type { RunSoFar } from './use-run.js';

/** Groups that the document holds at most, those with pictures first. */
const mostGroups = 200;

const states: Readonly<Record<RunSoFar['state'], RunStatus['state']>> = {
  ...{ idle: 'stopped', running: 'running', paused: 'stopped', ended: 'finished', failed: 'failed' },
};

/** The page that `cppo train` leaves of a run, of one made here. */
export async function runPage(run: RunSoFar, choice: RunChoice, model: ModelChoice): Promise<Blob> {
  const [{ pageDocument }, program] = await Promise.all([import('@cppo/run/page-document'), readProgram()]);
  return new Blob([pageDocument(dataOf(run, choice, model), program)], { type: 'text/html' });
}

async function readProgram(): Promise<PageProgram> {
  const answer = await fetch(programUrl);
  if (!answer.ok) throw new Error(`${programUrl} answers ${answer.status}.`);
  return answer.json();
}

function dataOf(run: RunSoFar, choice: RunChoice, model: ModelChoice): RunPageData {
  const { steps, seed, objective, coefficient, ratio, prompts, completions, learningRate, task } = choice;
  const { state, said, engine, started, lastSign, groups, rolledOut, evaluation } = run;
  const named = model === 'shipped' ? 'tiny' : model.title;
  return {
    kind: 'run',
    title: `${objective}-${model === 'shipped' ? 'tiny' : 'own'}-seed${seed}, in the browser`,
    status: {
      state: states[state],
      ...(state === 'failed' && { reason: said }),
      ...(state === 'paused' && { reason: 'it was paused when this page was made' }),
      ...(started !== undefined && {
        started: new Date(started).toISOString(),
        seconds: Math.round(((lastSign ?? started) - started) / 1000),
      }),
      ...(engine !== undefined && { engine }),
      version,
    },
    // As in config.json of `cppo train`.
    config: {
      ...{ model: named, seed, steps },
      objective: { type: objective, ...(objective === 'cppo' && { cppo: { coefficient, ratio } }) },
      data: { train: `builtin:${task}` },
      rollout: { prompts, completions },
      optimizer: { learningRate },
      ...(choice.trained === 'adapters' && { lora: {} }),
    },
    series: toSeries(run.steps),
    heldOut: toSeries([]),
    evaluation,
    groups: someOf(groups),
    rolledOut: { groups: rolledOut, steps: run.steps.length },
    live: false,
  };
}

function someOf(groups: RunSoFar['groups']): RunSoFar['groups'] {
  const pictured = groups.filter(({ images }) => images !== undefined);
  const others = groups.filter(({ images }) => images === undefined);
  const kept = new Set([...pictured.slice(-mostGroups), ...others.slice(-mostGroups)].slice(0, mostGroups));
  return groups.filter((group) => kept.has(group));
}
