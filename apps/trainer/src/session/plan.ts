import type { EncodedPrompt } from '@cppo/policy-qwen';
import { arithmeticInWords } from '@cppo/run';
import {
  gigabytes,
  inUnits,
  largestOf,
  type PictureSettings,
  type PromptSize,
  parts,
  preparePrompt,
  refuseWhatCannotFit,
  warnOfOthers,
} from '@cppo/training';
import type { Config } from '../config/schema.js';
import type { Prepared } from './session.js';

/** Prompts whose length is measured. */
const LOOKED_AT = 16;

/**
 * What a run will do and take, for people to read before it does.
 *
 * @returns also the configuration with what it leaves to engine and memory: the format of frozen weights, prompts sampled at once.
 * @throws UserError when a step cannot fit into the memory, with what would.
 */
export async function planOf(
  prepared: Prepared,
): Promise<{ readonly lines: readonly string[]; readonly config: Config }> {
  const { config, engine, room, capacity, policy, source, shown } = prepared;
  const { rollout, objective } = config;
  const size = await largestPrompt(prepared);
  const lora = adaptersOf(prepared);
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
function noticesOf({ rollout, objective }: Config): string[] {
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
function adaptersOf({ capacity, config }: Prepared): Config['lora'] {
  const { rank, alpha } = capacity?.adapter ?? {};
  return rank === undefined || alpha === undefined ? config.lora : { rank, alpha };
}

/** The largest of the first prompts; of a policy that does not say what a prompt takes, its tokens. */
async function largestPrompt(prepared: Prepared): Promise<PromptSize> {
  const prompts = await firstPrompts(prepared);
  const { capacity } = prepared;
  return largestOf(
    prompts.map((prompt) => capacity?.sizeOf(prompt) ?? { tokens: prompt.ids.length, patches: 0 }),
  );
}

async function firstPrompts({ config, encoder, source, shown }: Prepared): Promise<EncodedPrompt[]> {
  const placed = await source.take(0, Math.min(LOOKED_AT, config.rollout.prompts));
  const read = await Promise.allSettled(
    placed.map(({ sample, epoch }) => preparePrompt(encoder, sample, epoch, shown)),
  );
  // One that cannot be read is named when its step comes.
  return read.flatMap((each) => (each.status === 'fulfilled' ? [each.value.encoded] : []));
}
