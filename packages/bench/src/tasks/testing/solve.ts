const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What the words of the question ask of named values. */
function named(question: string, value: (name: string) => number): number {
  const asked = /is (.*)\?$/.exec(question)?.[1] as string;
  const names = asked.split(/ plus | minus /);
  const values = names.map(value);
  return asked.includes(' minus ') ? (values[0] as number) - (values[1] as number) : sum(values);
}

// Written from the words of the questions and the scenes alone, without the code of the tasks.
// biome-ignore lint/suspicious/noExplicitAny: each task has its own scene.
export const solve: Record<string, (question: string, scene: any) => string | number> = {
  digits: (question, { squares }) =>
    named(question, (name) => squares.find((square: { color: string }) => square.color === name).digit),
  shapes: (question, { shapes }) => {
    const [one, other] = [...question.matchAll(/circle|square|triangle|star/g)].map(([kind]) => kind) as [
      string,
      string,
    ];
    const count = (kind: string): number =>
      shapes.filter((shape: { kind: string }) => shape.kind === kind).length;
    if (question.startsWith('Are')) return count(one) > count(other) ? `${one}s` : `${other}s`;
    return question.includes('than') ? count(one) - count(other) : count(one) + count(other);
  },
  bars: chart,
  lines: chart,
  pies: chart,
  angles: (_, { given, total }) => total - sum(given),
  lengths: (question, { width, height, cutWidth = 0, cutHeight = 0 }) =>
    question.includes('perimeter') ? 2 * width + 2 * height : width * height - cutWidth * cutHeight,
  clocks: (question, { hour, minute }) => {
    const [amount, unit] = /(\d+) (hour|minute)/.exec(question)!.slice(1) as [string, string];
    const away = Number(amount) * (unit === 'hour' ? 60 : 1) * (question.includes('ago') ? -1 : 1);
    const then = new Date(Date.UTC(2000, 0, 2, hour, minute + away));
    return `${then.getUTCHours() % 12 || 12}:${String(then.getUTCMinutes()).padStart(2, '0')}`;
  },
  tables: (question, { cells }) => {
    const total = /row (.)|column (.)/.exec(question);
    if (total?.[1]) return sum(cells['ABCD'.indexOf(total[1])]);
    if (total?.[2]) return sum(cells.map((row: number[]) => row['KLMN'.indexOf(total[2] as string)]));
    return named(
      question,
      ([row, column]) => cells['ABCD'.indexOf(row as string)]['KLMN'.indexOf(column as string)],
    );
  },
  places: (question, { things }) => {
    const [one, other] = things
      .filter(({ color }: { color: string }) => question.includes(color))
      .sort(
        (a: { color: string }, b: { color: string }) => question.indexOf(a.color) - question.indexOf(b.color),
      );
    if (question.includes('steps')) {
      return Math.abs(one.row - other.row) + Math.abs(one.column - other.column);
    }
    if (question.includes('left')) return one.column < other.column ? 'left' : 'right';
    return one.row < other.row ? 'above' : 'below';
  },
};

function chart(question: string, { readings }: { readings: { name: string; value: number }[] }): number {
  const values = readings.map(({ value }) => value);
  if (question.includes('largest')) return Math.max(...values) - Math.min(...values);
  return named(question, (name) => readings.find((reading) => reading.name === name)?.value as number);
}
