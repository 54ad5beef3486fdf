import type { Completion } from '@cppo/grpo';
import { decodeImage } from '@cppo/perturb';
import { drawViews, encodePrompt, PhaseClock, rollOut, runStep, shownPicture, update } from '@cppo/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { chooseComponents } from '../src/session/choose-components.js';
import { openSession, type Session } from '../src/session/session.js';

const small = [
  'rollout.prompts=2',
  'rollout.completions=4',
  'rollout.maxTokens=8',
  'steps=10',
  'data.eval=none',
  'rollout.temperature=3',
];
let base: Session;
beforeAll(async () => {
  base = await openSession((await loadConfig({ set: small })).config);
}, 120_000);

/** The same model and data under other settings. */
const under = async (...set: string[]): Promise<Session> => {
  const { config } = await loadConfig({ set: [...small, ...set] });
  return { ...base, config, components: await chooseComponents(config) };
};
/** Rewards that differ within a group. */
const alternating = (): Session['reward'] => {
  let judged = 0;
  return () => {
    const accuracy = judged++ % 2;
    return { reward: accuracy, parts: { accuracy, format: 0 } };
  };
};
const roll = (session: Session, step: number) => rollOut(session, step, new PhaseClock(), async () => {});
const tokensOf = (completions: readonly Completion[]) => completions.map(({ tokens }) => [...tokens]);

/** What the policy gives the tokens of a completion under the clean prompt. */
const scored = async (session: Session, prompt: unknown, completion: Completion) => {
  const { logProbs } = session.policy.score([{ prompt: prompt as never, completions: [completion.tokens] }], {
    temperature: session.config.rollout.temperature,
  });
  return [...(await logProbs.data())];
};
const expectClose = (found: ArrayLike<number>, expected: readonly number[]) => {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 3);
};

describe('rollOut', () => {
  it('is a function of seed and step', async () => {
    const [first, again, next] = [await roll(base, 3), await roll(base, 3), await roll(base, 4)];
    expect(tokensOf(again.rollouts[0]!.completions)).toEqual(tokensOf(first.rollouts[0]!.completions));
    expect(next.rollouts[0]!.group.id).not.toBe(first.rollouts[0]!.group.id);
  });

  it('noisy: samples a share of each group from a noised picture, with ℓ_old of the clean one', async () => {
    const plain = await roll(base, 1);
    const session = await under('rollout.sampler={name: noisy, share: 0.5, strength: 900}');
    const noisy = await roll(session, 1);
    const [mine, clean] = [noisy.rollouts[0]!, plain.rollouts[0]!];
    expect(tokensOf(mine.completions.slice(0, 2))).toEqual(tokensOf(clean.completions.slice(0, 2)));
    expect(tokensOf(mine.completions.slice(2))).not.toEqual(tokensOf(clean.completions.slice(2)));
    for (const completion of mine.completions) {
      expectClose(completion.logProbs, await scored(session, mine.group.prompt, completion));
    }
    expect(tokensOf((await roll(session, 1)).rollouts[1]!.completions)).toEqual(
      tokensOf(noisy.rollouts[1]!.completions),
    );
  });

  it('augmented: keeps the picture that was answered, beside the original', async () => {
    const session = await under(
      'rollout.sampler={name: augmented, view: {name: rotate, degrees: 20}}',
      'objective.type=papo',
    );
    const [rolled] = (await roll(session, 1)).rollouts;
    const { prompt, group, perturbed = [] } = rolled!;
    const answered = encodePrompt(session.policy, prompt.turns, perturbed, prompt.pixels);
    expect(answered.images).toEqual(group.prompt.images);
    expect(prompt.encoded.images).not.toEqual(group.prompt.images);
    expect((await roll(await under('objective.type=papo'), 1)).rollouts[0]).not.toHaveProperty('perturbed');
    const records = (await runStep({ ...session, reward: alternating() }, 1)).records;
    const { images = {} } = records.find((record) => record.images !== undefined)!;
    expect(Object.keys(images)).toEqual(['original', 'perturbed', 'preserving', 'removing']);
    const shown = await decodeImage(Buffer.from(images.perturbed!.split(',')[1]!, 'base64'));
    expect(shown).toEqual(shownPicture(perturbed[0]!));
  }, 60_000);

  it('is broken, not lost, where the policy gives no finite numbers after the first step', async () => {
    class NotFiniteError extends Error {
      override name = 'NotFiniteError';
    }
    const throwing = (thrown: Error, method = 'generate'): Session => {
      const fail = () => {
        throw thrown;
      };
      const policy = new Proxy(base.policy, {
        get(target, key) {
          if (key === method) return fail;
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      return { ...base, policy };
    };
    const diverged = throwing(new NotFiniteError('a logit is NaN; expected a number.'));
    const { rollouts, drawn, broken } = await roll(diverged, 2);
    expect([rollouts, drawn, broken?.reason, broken?.prompts.size]).toEqual([[], [], 'a logit is NaN', 2]);
    await expect(roll(diverged, 1)).rejects.toThrow('a logit is NaN; expected a number.');
    await expect(roll(throwing(new Error('a logit is NaN')), 2)).rejects.toThrow('a logit is NaN');
    const result = await runStep(diverged, 2, async () => {});
    expect(result.broken).toBe('a logit is NaN');
    expect(result.records.map(({ completions }) => completions)).toEqual([[], []]);
    expect(result.metrics).toMatchObject({ 'gradient/broken': 1, 'gradient/skipped': 1, 'groups/drawn': 0 });
    expect(result.metrics).not.toHaveProperty('reward/mean');
    const unscored = {
      ...throwing(new NotFiniteError('a score is NaN.'), 'score'),
      reward: alternating(),
    };
    expect((await runStep(unscored, 1, async () => {})).broken).toBe('a score is NaN');
  });

  it('top-k and top-p narrow what is sampled, not what its log-probabilities mean', async () => {
    for (const setting of ['rollout.topK=1', 'rollout.topP=0.0001']) {
      const session = await under(setting);
      const { completions, group } = (await roll(session, 1)).rollouts[0]!;
      expect(new Set(tokensOf(completions).map(String)).size).toBe(1);
      expectClose(completions[0]!.logProbs, await scored(session, group.prompt, completions[0]!));
    }
    const free = (await roll(base, 1)).rollouts[0]!.completions;
    expect(new Set(tokensOf(free).map(String)).size).toBeGreaterThan(1);
  });

  it('refills: draws further prompts in place of groups that are all right or all wrong', async () => {
    let judged = 0;
    const reward: Session['reward'] = () => {
      const accuracy = judged < 8 ? 1 : judged % 2; // the first two groups say nothing
      judged++;
      return { reward: accuracy, parts: { accuracy, format: 0 } };
    };
    const { rollouts, drawn } = await roll({ ...(await under('rollout.refills=3')), reward }, 1);
    expect(drawn).toHaveLength(4);
    expect(rollouts.map(({ group }) => group.id.endsWith('+1'))).toEqual([true, true]);
    for (const { group, prompt } of rollouts) {
      expect(group.advantages.some((advantage) => advantage > 0)).toBe(true);
      expect(group.prompt).toBe(prompt.encoded);
    }
    const right: Session['reward'] = () => ({ reward: 1, parts: { accuracy: 1, format: 0 } });
    const hopeless = await roll({ ...(await under('rollout.refills=1')), reward: right }, 1);
    expect(hopeless.drawn).toHaveLength(4);
    expect(hopeless.rollouts).toHaveLength(2);
  });

  it('draws views for every group when a further term looks at them, and for none when it does not', async () => {
    const views = async (...set: string[]) =>
      (await roll(await under('objective.type=grpo', ...set), 1)).rollouts.map(
        (each) => each.views !== undefined,
      );
    expect(await views()).toEqual([false, false]);
    expect(await views('objective.terms=[{name: entropy}]')).toEqual([false, false]);
    expect(await views('objective.terms=[{name: papo}]')).toEqual([true, true]);
  });

  it('keeps the views of a sample from epoch to epoch when told to', async () => {
    const { policy, components } = base;
    const { prompt } = (await roll(base, 1)).rollouts[0]!;
    const pixels = (epoch: number, redraw: boolean) => [
      ...drawViews(policy, { ...prompt, epoch }, components.views, 1, redraw).images.removing![0]!.data,
    ];
    expect(pixels(1, false)).toEqual(pixels(0, false));
    expect(pixels(1, true)).not.toEqual(pixels(0, true));
  });
});

describe('update', () => {
  it('makes an update for each mini-batch of each epoch, the ratio being 1 in the first only', async () => {
    const reward: Session['reward'] = ({ completion }) => {
      const accuracy = completion.length % 2;
      return { reward: accuracy + completion.length / 100, parts: { accuracy, format: 0 } };
    };
    const session = {
      ...(await under('optimizer.miniBatch=1', 'optimizer.epochs=2', 'objective.type=grpo')),
      reward,
    };
    const groups = (await roll(session, 1)).rollouts.map(({ group }) => group);
    const before = session.optimizer.steps;
    const report = await update(session, 1, groups, undefined);
    expect(report.skipped).toBeUndefined();
    expect(report.metrics.updates).toBe(4);
    expect(session.optimizer.steps - before).toBe(4);
    expect(report.metrics['groups/scored']).toBe(4);
    expect(report.metrics['policy/logProbDifference']).toBeLessThan(1e-3);
    expect(report.metrics['policy/ratioMax']! - report.metrics['policy/ratioMin']!).toBeGreaterThan(1e-3);
  });
});
