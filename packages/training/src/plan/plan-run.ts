import { arithmeticInWords } from '@cppo/run';
import type { Capacity, PromptSize } from '../contract/capacity.js';
import type { Encoded, PromptEncoder, TrainedPolicy } from '../contract/policy.js';
import type { SampleSource } from '../contract/samples.js';
import type { PictureSettings } from '../contract/showing.js';
import { refuseWhatCannotFit } from '../memory/fit-run.js';
import { parts } from '../memory/footprint.js';
import { largestOf } from '../memory/largest-of.js';
import { type Room, warnOfOthers } from '../memory/room.js';
import type { FittedSettings } from '../memory/training-task.js';
import { gigabytes, inUnits } from '../memory/units.js';
import { preparePrompt } from '../prompts/prepare-prompt.js';
import type { Settled } from '../samples/settle-showing.js';

/** What of a run's configuration is told before it begins. */
export interface PlannedSettings<Format extends string = string> extends FittedSettings<Format> {
  readonly steps: number;
  readonly objective: FittedSettings['objective'] & {
    readonly policy: { readonly advantageBaseline: string };
  };
}

/** A run whose weights may still have to be read. */
export interface RunToPlan<P extends Encoded, Format extends string, S extends PlannedSettings<Format>> {
  readonly config: S;
  readonly engine: { readonly description: string; readonly remedy?: string };
  readonly room: Room<Format>;
  readonly source: Pick<SampleSource, 'name' | 'take'>;
  readonly encoder: PromptEncoder<P>;
  readonly shown: Settled;
  /** What the model takes; nothing for a policy that does not say. */
  readonly capacity: Capacity<P, Format> | undefined;
  /** The policy where it had to be loaded to know it. */
  readonly policy: Pick<TrainedPolicy<P, Format>, 'variables'> | undefined;
}

/** Prompts whose length is measured. */
const LOOKED_AT = 16;

/**
 * Describes what a run will do and take, for people to read before it does.
 *
 * @param run with everything but its weights.
 * @returns the lines, and the configuration with what it leaves to engine and memory: the format of frozen weights,
 * prompts sampled at once.
 * @throws UserError when a step cannot fit into the memory, with what would.
 */
export async function planRun<P extends Encoded, Format extends string, S extends PlannedSettings<Format>>(
  run: RunToPlan<P, Format, S>,
): Promise<{ readonly lines: readonly string[]; readonly config: S }> {
  const { config, engine, room, capacity, policy, source, shown } = run;
  const { rollout, objective } = config;
  const size = await largestPrompt(run);
  const lora = adaptersOf(run);
  const fitting = capacity && refuseWhatCannotFit({ ...config, lora }, room, capacity, size);
  const needed = fitting?.needed;
  if (needed !== undefined) warnOfOthers(needed, room);
  const trained = needed?.trained ?? policy?.variables.reduce((sum, { size }) => sum + size, 0) ?? 0;
  const of = needed === undefined ? '' : ` of ${inUnits(needed.parameters)}`;
  const sampled = rollout.prompts * rollout.completions * rollout.maxTokens;
  const lines = [
    `engine     ${engine.description}${engine.remedy === undefined ? '' : ` (${engine.remedy})`}`,
    `model      ${config.model}, ${inUnits(trained)}${of} parameters trained${lora === null ? '' : ` (LoRA of rank ${lora.rank})`}`,
    ...(needed === undefined
      ? []
      : [`numbers    ${arithmeticInWords({ ...config, weights: needed.weights, cache: rollout.cache })}`]),
    `data       ${source.name}`,
    `template   ${shown.templateName} (${shown.why})${picturesOf(shown)}`,
    `objective  ${objective.type}, ${rollout.prompts} prompts × ${rollout.completions} completions a step${fitting === undefined || fitting.batch >= rollout.prompts ? '' : `, sampled ${fitting.batch} prompts at a time`}, ${config.steps} steps`,
    `tokens     prompts of up to ${size.tokens}, at most ${sampled.toLocaleString('en')} sampled a step`,
  ];
  lines.push(...noticesOf(config));
  if (fitting === undefined || needed === undefined) return { lines, config };
  const memory = Math.min(room.limit.bytes, room.tensors + needed.process);
  const there = Number.isFinite(memory) ? ` of ${gigabytes(memory)}` : '';
  const tight = needed.total > 0.85 * memory ? '; tight: microBatch=1 and narrower weights take less' : '';
  return {
    lines: [...lines, `memory     up to about ${gigabytes(needed.total)}${there} (${parts(needed)})${tight}`],
    config: {
      ...config,
      weights: needed.weights,
      rollout: { ...rollout, batch: Math.min(fitting.batch, rollout.prompts) },
    },
  };
}

/** What a run can be told before it begins that it will not learn well. */
function noticesOf({ rollout, objective }: PlannedSettings): string[] {
  const { advantageBaseline: baseline } = objective.policy;
  if (rollout.completions > 1 || (baseline !== 'mean' && baseline !== 'leave-one-out')) return [];
  return [
    `notice     rollout.completions=1: an answer has no others to be compared with, so its advantage is its whole reward; expected 2 or more, or objective.policy.advantageBaseline=batch`,
  ];
}

/** A note on pictures where the run does more than its model's preprocessor. */
function picturesOf({ background = 'drop', minPixels, maxPixels }: PictureSettings): string {
  const said = [
    ...(background === 'drop' ? [] : [`transparency on ${background}`]),
    ...(minPixels === undefined ? [] : [`at least ${minPixels.toLocaleString('en')} pixels`]),
    ...(maxPixels === undefined ? [] : [`at most ${maxPixels.toLocaleString('en')} pixels`]),
  ];
  return said.length === 0 ? '' : `; pictures: ${said.join(', ')}`;
}

/** What adapters are trained: those of the model where it is one, otherwise those asked for. */
function adaptersOf<P extends Encoded, Format extends string, S extends PlannedSettings<Format>>({
  capacity,
  config,
}: RunToPlan<P, Format, S>): PlannedSettings['lora'] {
  const { rank, alpha } = capacity?.adapter ?? {};
  return rank === undefined || alpha === undefined ? config.lora : { rank, alpha };
}

/** The largest of the first prompts; of a policy that does not say what a prompt takes, its tokens. */
async function largestPrompt<P extends Encoded, Format extends string, S extends PlannedSettings<Format>>({
  config,
  encoder,
  source,
  shown,
  capacity,
}: RunToPlan<P, Format, S>): Promise<PromptSize> {
  const placed = await source.take(0, Math.min(LOOKED_AT, config.rollout.prompts));
  const read = await Promise.allSettled(
    placed.map(({ sample, epoch }) => preparePrompt(encoder, sample, epoch, shown)),
  );
  // One that cannot be read is named when its step comes.
  const prompts = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value.encoded] : []));
  return largestOf(
    prompts.map((prompt) => capacity?.sizeOf(prompt) ?? { tokens: prompt.ids.length, patches: 0 }),
  );
}
