import type { Cost } from './measure-cost.js';

/** The cost as markdown: a line for each objective, a column for each phase. */
export function costTable({ engine, steps, settings, objectives }: Cost): string {
  const phases = [...new Set(Object.values(objectives).flatMap((cost) => Object.keys(cost.phases)))].filter(
    (phase) => Object.values(objectives).some((cost) => (cost.phases[phase] ?? 0) >= 0.0005),
  );
  const rows = Object.entries(objectives).map(([name, { seconds, phases: own, timesGrpo }]) => [
    name,
    seconds.toFixed(2),
    `${timesGrpo.value.toFixed(2)} (${timesGrpo.low.toFixed(2)}–${timesGrpo.high.toFixed(2)})`,
    ...phases.map((phase) => (own[phase] ?? 0).toFixed(3)),
  ]);
  const head = ['objective', 's a step', '× GRPO', ...phases.map((phase) => `${phase}, s`)];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const shared = settings.length === 0 ? 'The default run' : settings.map((one) => `\`${one}\``).join(', ');
  return `# Cost of a step

${shared}; ${engine}; ${steps} steps of each, in turns. Medians; the quotient is the mean over steps with its 95 % bootstrap interval.

${lines.join('\n')}
`;
}
