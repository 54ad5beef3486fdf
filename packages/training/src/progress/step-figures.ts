import type { StepMetrics } from '@cppo/run';

/** The figures of a step as people follow them, the most telling first. */
export function stepFigures(metrics: StepMetrics): string[] {
  const show = (title: string, key: string, digits: number, unit = ''): string[] => {
    const value = metrics[key];
    return value === undefined || value === null ? [] : [`${title}${value.toFixed(digits)}${unit}`];
  };
  return [
    ...show('reward ', 'reward/mean', 3),
    ...show('accuracy ', 'reward/accuracy', 2),
    ...(metrics['gradient/broken'] === 1 ? ['no update'] : []),
    ...show('', 'completion/length', 0, ' tokens'),
    ...show('KL ', 'policy/kl', 4),
    ...show('', 'tokens/second', 0, ' tokens/s'),
    ...show('', 'seconds/step', 1, ' s'),
    ...learners(metrics),
    ...show('loss ', 'loss/total', 4),
    ...phases(metrics),
  ];
}

/** How many learners took the step, and the share of its time that they exchanged, or waited for one another. */
function learners(metrics: StepMetrics): string[] {
  const { 'cluster/learners': count, 'cluster/seconds': seconds = 0, 'seconds/step': step = 0 } = metrics;
  if (count === undefined) return [];
  return [`${count} learners`, `exchange ${((100 * seconds) / Math.max(step, 1e-9)).toFixed(0)} %`];
}

/** Seconds of the phases that take a noticeable part of the step. */
function phases(metrics: StepMetrics): string[] {
  const noticeable = 0.05 * (metrics['seconds/step'] ?? 0);
  return Object.entries(metrics)
    .filter(([key, seconds]) => key.startsWith('seconds/') && key !== 'seconds/step' && seconds > noticeable)
    .map(([key, seconds]) => `${key.slice('seconds/'.length)} ${seconds.toFixed(1)} s`);
}
