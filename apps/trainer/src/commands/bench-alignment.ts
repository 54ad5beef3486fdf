import { join } from 'node:path';
import {
  type AlignedGroup,
  alignmentFiles,
  type Family,
  families,
  measureAlignment,
  perceptionRows,
} from '@cppo/bench/experiments';
import { createPreset, type Perturbation } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { makeOutputDirectory, UserError, writeWholeFile } from '@cppo/run';
import {
  drawViews,
  isBuiltIn,
  objectiveTerms,
  PhaseClock,
  Progress,
  perceptionOptions,
  perturbedPrompt,
  rollOut,
  viewNames,
  withKnownTokens,
} from '@cppo/training';
import { type ConfigSources, loadConfig } from '../config/load.js';
import { openSession, type Session } from '../session/session.js';

interface AlignmentOptions extends ConfigSources {
  readonly blocks: number;
  readonly steps: number;
  readonly only: readonly string[];
  readonly out: string;
  readonly json?: boolean;
}

/** Views beside those of the configuration: the authors', and other ways to hide parts. */
const preserving = ['identity', 'colorJitter', 'perspective', 'rotate', 'gaussianBlur'];
const removing = ['occlude', 'zoomCrop', 'patchMask', 'blackSquares'];

/** `cppo bench alignment`: whether the perception loss points where reward rises, before anything is trained by it. */
export async function benchAlignment({
  blocks,
  steps,
  only,
  out,
  json,
  ...sources
}: AlignmentOptions): Promise<void> {
  const unknown = only.find((name) => !families.includes(name as Family));
  if (unknown !== undefined) {
    throw new UserError(`--only: found ${JSON.stringify(unknown)}, expected one of ${families.join(', ')}.`);
  }
  if (blocks < 4) throw new UserError(`--blocks: found ${blocks}, expected 4 or more.`);
  makeOutputDirectory('--out', out);
  const { config: asked } = await loadConfig(sources);
  const session = await openSession({ ...asked, objective: { ...asked.objective, type: 'cppo' } });
  const { config, source, policy } = session;
  const known = isBuiltIn(config.data.train);
  try {
    const rows = perceptionRows({ base: perceptionOptions(session, 1), known, preserving, removing }).filter(
      ({ family }) => only.length === 0 || family === 'loss' || only.includes(family),
    );
    const alignment = await measureAlignment({
      ...{ policy, blocks, rows, microBatch: config.microBatch, temperature: config.rollout.temperature },
      policyTerms: objectiveTerms(session, 1).filter(({ name }) => name !== 'cppo'),
      stepsPerBlock: steps,
      sampleStep: (step) => sampleStep(session, step + 1, known),
      showProgress: (title, total) => new Progress(title, total),
    });
    const setting = `Model ${config.model}, ${String(config.data.train)}, ${blocks} blocks of ${steps} × ${config.rollout.prompts} questions with ${config.rollout.completions} completions; \`cppo bench alignment${only.map((name) => ` --only ${name}`).join('')}${(sources.set ?? []).map((one) => ` --set ${one}`).join('')}\`; ${session.engine.description}. 95 % intervals from leaving out a block at a time.`;
    const files = alignmentFiles(alignment, setting);
    for (const [name, content] of Object.entries(files)) writeWholeFile(join(out, name), content);
    console.log(json ? files['alignment.json'] : files['alignment.md']);
  } finally {
    await source.close();
  }
}

/** The groups of a step, with whatever view is asked for. */
async function sampleStep(
  session: Session,
  step: number,
  known: boolean,
): Promise<AlignedGroup<EncodedPrompt>[]> {
  const { config, components, policy } = session;
  const names = viewNames(components.views);
  const own = [names.preserving, ...names.removing];
  const { rollouts } = await rollOut(session, step, new PhaseClock(), async () => {});
  return rollouts.map(({ group, prompt, views }) => {
    const drawn = new Map<string, EncodedPrompt>(Object.entries(views?.encoded ?? {}));
    const view = (name: string): EncodedPrompt => {
      const found = drawn.get(name) ?? draw(name);
      drawn.set(name, found);
      return found;
    };
    const draw = (name: string): EncodedPrompt => {
      if (!own.includes(name))
        return perturbedPrompt(policy, prompt, perturbationOf(name), config.seed).encoded;
      // A group that carries no loss as the run has it has no views yet.
      return drawViews(policy, prompt, components.views, config.seed, config.redrawViews).encoded[name]!;
    };
    return { group: known ? withKnownTokens(group, prompt.sample, policy.tokenizer) : group, view };
  });
}

const perturbationOf = (name: string): Perturbation =>
  createPreset({ preserving: name, removing: 'identity' }).preserving;
