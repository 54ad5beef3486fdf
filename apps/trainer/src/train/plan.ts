import type { EncodedPrompt } from '@cppo/policy-qwen';
import type { PictureSettings } from '../samples/showing.js';
import { gibibytes, inUnits, memoryOf, modelDimensions, refuseWhatCannotFit } from './fit.js';
import type { PromptSize } from './footprint.js';
import { duration } from './progress.js';
import { preparePrompt } from './prompts.js';
import type { Session } from './session.js';

/** Prompts that are looked at for their length. */
const LOOKED_AT = 16;

/**
 * What a run will do and take, for people to read before it does.
 *
 * @throws UserError when a step cannot fit into the memory, with what would.
 */
export async function planOf(session: Session): Promise<string[]> {
  const { config, engine, policy, source } = session;
  const { rollout, objective } = config;
  const size = largest(await firstPrompts(session));
  const trained = policy.variables.reduce((sum, variable) => sum + variable.size, 0);
  const dimensions = modelDimensions(config.model);
  const needed = dimensions && refuseWhatCannotFit(config, engine, dimensions, size);
  const of = needed === undefined ? '' : ` of ${inUnits(needed.parameters)}`;
  const sampled = rollout.prompts * rollout.completions * rollout.maxTokens;
  const lines = [
    `engine     ${engine.description}`,
    `model      ${config.model}, ${inUnits(trained)}${of} parameters trained${config.lora === null ? '' : ` (LoRA of rank ${config.lora.rank})`}`,
    `data       ${source.name}`,
    `template   ${session.shown.templateName} (${session.shown.why})${picturesOf(session.shown)}`,
    `objective  ${objective.type}, ${rollout.prompts} prompts × ${rollout.completions} completions a step, ${config.steps} steps`,
    `tokens     prompts of up to ${size.tokens}, at most ${sampled.toLocaleString('en')} sampled a step`,
  ];
  if (needed === undefined) return lines;
  const memory = memoryOf(engine);
  const there = Number.isFinite(memory) ? ` of ${gibibytes(memory)}` : '';
  const tight = needed.total > 0.8 * memory ? '; tight: microBatch=1 takes least' : '';
  const parts = `${gibibytes(needed.model)} for weights, gradients and moments, ${gibibytes(needed.total - needed.model)} for a batch`;
  return [...lines, `memory     up to about ${gibibytes(needed.total)}${there} (${parts})${tight}`];
}

/** What is said of pictures where the run does more than its model's preprocessor. */
function picturesOf({ background = 'drop', minPixels, maxPixels }: PictureSettings): string {
  const said = [
    ...(background === 'drop' ? [] : [`transparency on ${background}`]),
    ...(minPixels === undefined ? [] : [`at least ${minPixels.toLocaleString('en')} pixels`]),
    ...(maxPixels === undefined ? [] : [`at most ${maxPixels.toLocaleString('en')} pixels`]),
  ];
  return said.length === 0 ? '' : `; pictures: ${said.join(', ')}`;
}

/** Time that steps take, evaluations not counted. */
export function timeOf(secondsPerStep: number, steps: number): string {
  return `time       ${duration(secondsPerStep)} a step, ${duration(secondsPerStep * steps)} for ${steps === 1 ? '1 step' : `${steps} steps`}, evaluations not counted`;
}

async function firstPrompts({ config, policy, source, shown }: Session): Promise<EncodedPrompt[]> {
  const placed = await source.take(0, Math.min(LOOKED_AT, config.rollout.prompts));
  const read = await Promise.allSettled(
    placed.map(({ sample, epoch }) => preparePrompt(policy, sample, epoch, shown)),
  );
  // One that cannot be read is named when its step comes.
  return read.flatMap((each) => (each.status === 'fulfilled' ? [each.value.encoded] : []));
}

function largest(prompts: readonly EncodedPrompt[]): PromptSize {
  const patches = prompts.map(({ images }) =>
    images.reduce((sum, { grid }) => sum + grid[0] * grid[1] * grid[2], 0),
  );
  return { tokens: Math.max(0, ...prompts.map(({ ids }) => ids.length)), patches: Math.max(0, ...patches) };
}
