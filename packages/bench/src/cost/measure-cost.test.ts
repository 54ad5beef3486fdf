import { expect, it } from 'vitest';
import { costTable } from './cost-table.js';
import { measureCost } from './measure-cost.js';

/** A loop whose steps take what its objective says; the first two are slow, as when buffers are set up. */
function fakeLoop() {
  const said: string[] = [];
  const seconds: Record<string, number> = { grpo: 2, papo: 3, cppo: 5, anchor: 4, share: 2.5 };
  return {
    said,
    async openTraining(settings: readonly string[]) {
      const type = settings.findLast((one) => one.startsWith('objective.type='))!.split('=')[1]!;
      const anchored = settings.includes('objective.cppo.gradients=[anchor]');
      const name = anchored ? 'anchor' : settings.includes('objective.cppo.share=0.3') ? 'share' : type;
      said.push(`open ${settings.join(' ')}`);
      return {
        engine: 'none',
        step: async (step: number) => {
          said.push(`${step} ${name}`);
          const took = step <= 2 ? 100 : seconds[name]!;
          return { 'loss/total': 7, 'seconds/step': took, 'seconds/sampling': took / 4, 'seconds/idle': 0 };
        },
        close: async () => {
          said.push('close');
        },
      };
    },
  };
}

it('a step of each objective in turns, those that warm up left out', async () => {
  const loop = fakeLoop();
  const rounds: number[] = [];
  const { openTraining } = loop;
  const onRound = (round: number) => rounds.push(round);
  const cost = await measureCost({ steps: 3, settings: ['seed=1'], openTraining, onRound });
  // Worked out by hand: 3/2, 5/2, 4/2 and 2.5/2 of GRPO's seconds, the same in every step.
  const exactly = (value: number) => ({ value, low: value, high: value });
  expect(cost).toEqual({
    engine: 'none',
    steps: 3,
    settings: ['seed=1'],
    objectives: {
      grpo: { seconds: 2, phases: { sampling: 0.5, idle: 0 }, timesGrpo: exactly(1) },
      papo: { seconds: 3, phases: { sampling: 0.75, idle: 0 }, timesGrpo: exactly(1.5) },
      cppo: { seconds: 5, phases: { sampling: 1.25, idle: 0 }, timesGrpo: exactly(2.5) },
      'cppo-anchor': { seconds: 4, phases: { sampling: 1, idle: 0 }, timesGrpo: exactly(2) },
      'cppo-share': { seconds: 2.5, phases: { sampling: 0.625, idle: 0 }, timesGrpo: exactly(1.25) },
    },
  });
  expect(rounds).toEqual([1, 2, 3, 4, 5]);
  expect(loop.said.slice(0, 1)).toEqual(['open seed=1 objective.type=grpo']);
  expect(loop.said.slice(5, 15)).toEqual([
    ...['1 papo', '1 cppo', '1 anchor', '1 share', '1 grpo'],
    ...['2 cppo', '2 anchor', '2 share', '2 grpo', '2 papo'],
  ]);
  expect(loop.said.slice(-5)).toEqual(Array(5).fill('close'));
  expect(costTable(cost)).toContain(`\`seed=1\`; none; 3 steps of each, in turns.`);
  expect(costTable(cost)).toContain('| cppo | 5.00 | 2.50 (2.50–2.50) | 1.250 |');
  // A phase that takes no time has no column.
  expect(costTable(cost)).not.toContain('idle');
});

it('an unknown option is refused', async () => {
  const options = { steps: 1, settings: [], openTraining: fakeLoop().openTraining, step: 1 };
  await expect(measureCost(options)).rejects.toThrow(
    'measureCost: unknown option "step", did you mean "steps"?',
  );
});
