import { narrower, type Room } from './room.js';
import type { FittedSettings } from './training-task.js';

/** Settings under which a run takes less, as a person would write them. */
export interface Remedy<Format extends string> {
  /** `lora={rank: 16} with microBatch=1`. */
  readonly name: string;
  readonly settings: FittedSettings<Format>;
}

/** Settings that take less, the mildest first. */
export function remedies<Format extends string>(
  settings: FittedSettings<Format>,
  room: Room<Format>,
): Remedy<Format>[] {
  const { prompts, maxTokens } = settings.rollout;
  const lora = settings.lora ?? { rank: 16, alpha: 32 };
  const adapted: FittedSettings<Format> = { ...settings, lora };
  const ofLora = settings.lora === null ? ['lora={rank: 16}'] : [];
  const formats = narrower(settings.weights ?? 'bfloat16', room);
  const half = Math.max(1, Math.floor(maxTokens / 2));
  const fewer = Math.max(1, Math.floor(prompts / 2));
  const smaller = { microBatch: 1 };
  const shorter = { ...smaller, rollout: { ...settings.rollout, prompts: fewer, maxTokens: half } };
  const ofSmaller = settings.microBatch > 1 ? ['microBatch=1'] : [];
  const ofShorter = [...ofSmaller, `rollout.prompts=${fewer}`, `rollout.maxTokens=${half}`];
  const withFormats = (
    changes: string[],
    other: Partial<FittedSettings<Format>>,
  ): [string[], FittedSettings<Format>][] =>
    formats.map((weights) => [
      [...ofLora, `weights=${weights}`, ...changes],
      { ...adapted, ...other, weights },
    ]);
  const tried: [string[], FittedSettings<Format>][] = [
    [ofSmaller, { ...settings, ...smaller }],
    [ofLora, adapted],
    [[...ofLora, ...ofSmaller], { ...adapted, ...smaller }],
    [ofShorter, { ...settings, ...shorter }],
    ...withFormats([], {}),
    ...withFormats(ofSmaller, smaller),
    ...withFormats(ofShorter, shorter),
  ];
  const seen = new Set<string>();
  return tried.flatMap(([changes, other]) => {
    const [first = '', ...rest] = changes;
    const name = rest.length > 0 ? `${first} with ${rest.join(' and ')}` : first;
    if (name === '' || seen.has(name)) return [];
    seen.add(name);
    return [{ name, settings: other }];
  });
}
