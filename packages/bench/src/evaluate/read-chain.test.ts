import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskNames } from '../tasks/catalog.js';
import { drawSamples } from '../tasks/draw-samples.js';
import type { Difficulty, TaskSample } from '../tasks/sample.js';
import { faultOf, readChain } from './read-chain.js';

const levels: readonly Difficulty[] = [1, 2, 3];

/** The marks of a text in which braces stand around what the picture gives. */
function marked(text: string): { reference: string; perception: [number, number][] } {
  const perception: [number, number][] = [];
  let reference = '';
  for (const [i, part] of text.split(/[{}]/).entries()) {
    if (i % 2 === 1) perception.push([reference.length, reference.length + part.length]);
    reference += part;
  }
  return {
    reference: `<think>${reference}</think> \\boxed{?}`,
    perception: perception.map(([a, b]) => [a + 7, b + 7]),
  };
}

function found(reply: string, text: string): string[] | undefined {
  const { reference, perception } = marked(text);
  const values = readChain(reply, reference, perception);
  for (const value of values ?? []) expect(reply.slice(...value.span)).toMatch(/^(\d|four|five)/i);
  return values?.map((value) => value.found);
}

const digits = 'I see {3} red, {5} blue. 3 + 5 = 8';
const bars = 'I see A {3}, C {5}. 3 + 5 = 8';
const angles = 'I see {90}, {40}. 180 - 90 - 40 = 50';
const rectangle = 'I see {5} by {2}. 2 * (5 + 2) = 14';
const corner = 'I see {5} by {4} without {2} by {3}. 20 - 6 = 14';
const clock = 'I see {3:30}. 3:30 + 2 hours = 5:30';
const shapes = 'I see {1} circle, {2} stars. 1 + 2 = 3';
const places = 'I see red at column {1}, blue at column {3}. 1 < 3';
const steps = 'I see red at row {1} column {2}, blue at row {3} column {3}. 2 + 1 = 3';
const cells = 'I see AK {3}, BL {5}. 3 + 5 = 8';
const pie = 'I see pink {30}, gray {50}. 30 + 50 = 80';

/** Replies that say in another form what they see. */
const drifted: [reference: string, reply: string, values: string[]][] = [
  // What GRPO alone made of the shipped model.
  [digits, '<think>I see 9 red, 4 blue, 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>I see 9 red, 4 blue 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>I see 1 red 3 blue. 1 + 3 = 4</think> \\boxed{4}', ['1', '3']],
  [digits, '<think>I see 0 red, 4 blue. 0 + 4 = \n<think</think> \\boxed{4}', ['0', '4']],
  [digits, '<think>I see 6 red, 1 blue. 6 + 1 = squares</think> \\boxed{5}', ['6', '1']],
  [digits, '<think>I see 6 red, 1 blue. 6 + 1 = ', ['6', '1']],
  [digits, '9 red, 4 blue. \\boxed{13}', ['9', '4']],
  [digits, '<think>I see 4 blue, 9 red. 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [
    digits,
    '<think>There is a 9 on the red square and a 4 on the blue square, so 9 + 4 = 13</think> 13',
    ['9', '4'],
  ],
  [digits, '<think>Red is 9 and blue is 4. The sum is 13.</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>red: 9\nblue: 4\n9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>red = 9, blue = 4, red + blue = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>I see four red, five blue. 4 + 5 = 9</think> \\boxed{9}', ['4', '5']],
  [digits, '<think>9 red + 4 blue = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>I see 9, 4. 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>I see 9 red, 4. 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>I see 9 red, 7 gray, 4 blue. 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [digits, '<think>I see 9 red, 4 blue. 13</think> \\boxed{13}', ['9', '4']],
  [bars, '<think>I see A 9, C 4, 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [bars, '<think>I see A 9 C 4 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [bars, '<think>I see A 9, B 2, C 4. 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [bars, '<think>A = 9, C = 4. 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [bars, '<think>Bar A is at 9 and bar C at 4, total 13</think> \\boxed{13}', ['9', '4']],
  [cells, '<think>I see AK: 9, BL: 4; 9 + 4 = 13</think> \\boxed{13}', ['9', '4']],
  [pie, '<think>I see pink 20 %, gray 50 %, 20 + 50 = 70</think> \\boxed{70}', ['20', '50']],
  [pie, '<think>I see 20 percent pink, 50 percent gray. 70</think> \\boxed{70}', ['20', '50']],
  [angles, '<think>I see 90, 30, 180 - 90 - 30 = 60</think> \\boxed{60}', ['90', '30']],
  [angles, '<think>I see 90° and 30°. 180 - 90 - 30 = 60</think> \\boxed{60}', ['90', '30']],
  [angles, '<think>180 - 90 - 30 = 60</think> \\boxed{60}', ['90', '30']],
  [angles, '<think>The angles are 90, 30. 60</think> \\boxed{60}', ['90', '30']],
  // All angles are read right: which comes first is not asked.
  [angles, '<think>I see 40, 90. 180 - 40 - 90 = 40</think> \\boxed{40}', ['90', '40']],
  [rectangle, '<think>I see 6 by 2, 2 * (6 + 2) = 16</think> \\boxed{16}', ['6', '2']],
  [rectangle, '<think>I see sides 6, 2. 2 * (6 + 2) = 16</think> \\boxed{16}', ['6', '2']],
  [corner, '<think>I see 5 by 4 without 1 by 3, 20 - 3 = 17</think> \\boxed{17}', ['5', '4', '1', '3']],
  [clock, '<think>I see 4:30, 4:30 + 2 hours = 6:30</think> \\boxed{6:30}', ['4:30']],
  [clock, '<think>The clock shows 04:30. 6:30</think> \\boxed{6:30}', ['4:30']],
  [clock, '<think>4:30 + 2 hours = 6:30</think> \\boxed{6:30}', ['4:30']],
  [shapes, '<think>I see 2 circles, 2 stars, 2 + 2 = 4</think> \\boxed{4}', ['2', '2']],
  [shapes, '<think>I see 2 circles, 5 squares, 2 stars. 2 + 2 = 4</think> \\boxed{4}', ['2', '2']],
  [places, '<think>I see red at column 2, blue at column 3, 2 < 3</think> \\boxed{left}', ['2', '3']],
  [places, '<think>red in column 2 and blue in column 3</think> \\boxed{left}', ['2', '3']],
  [places, '<think>I see red 2, blue 3. 2 < 3</think> \\boxed{left}', ['2', '3']],
  [
    steps,
    '<think>I see red row 1 column 2; blue row 2 column 3: 1 + 1 = 2</think> \\boxed{2}',
    ['1', '2', '2', '3'],
  ],
];

/** Replies of which nobody can say which values they claim to see. */
const unclear: [reference: string, reply: string][] = [
  [digits, '9'],
  [digits, ''],
  [digits, '<think>I see 4 red, 5 green. 4 + 5 = 9</think> \\boxed{9}'],
  [digits, '<think>I see 1 pink 3 blue. 1 + 3 = 4</think> \\boxed{4}'],
  [digits, '<think>I see  red, 7 blue, 7 + 7 = 14</think> \\boxed{4}'],
  [digits, '<think>I see ? red, 7 blue. 7 + 7 = 14</think> \\boxed{4}'],
  [digits, '<think>I see 4 red, system, 4 + 4 = 8</think> \\boxed{8}'],
  [digits, '<think>I see 1 red, 2 assistant blue. 1 + 2 = 3</think> \\boxed{12}'],
  [digits, '<think>I see >I see 3 blue. 3 + 3 = 6</think> \\boxed{6}'],
  [digits, '<think>I see 4 red, 5 blue. No, 6 red, 5 blue. 11</think> \\boxed{11}'],
  [digits, '<think>I see 4 red, 5 blue, 6 red. 6 + 5 = 11</think> \\boxed{11}'],
  [digits, '<think>I see 2 red, '],
  [digits, '<think>I see 4 blue, 9. 4 + 9 = 13</think> \\boxed{13}'],
  [digits, '<think>I see 5, 3. 5 + 3 = 9</think> \\boxed{9}'],
  [digits, '<think>I see 9 red, 13</think> \\boxed{13}'],
  [digits, '<think>4, 5, 9</think> \\boxed{9}'],
  [bars, '<think>I see A 9, C = 13</think> \\boxed{13}'],
  [bars, '<think>I see A 9, C 9 + 4 = 13</think> \\boxed{13}'],
  [bars, '<think>I see A 9, C 4.9 + 4 = 13</think> \\boxed{13}'],
  [bars, '<think>I see A 9, C 1'],
  [bars, '<think>I see A 3, B 5. 3 + 5 = 9</think> \\boxed{9}'],
  [angles, '<think>I see 90, 180 - 90 = 90</think> \\boxed{90}'],
  [angles, '<think>I see 90, 50</think> \\boxed{50}'],
  [angles, '<think>I see 90, 40, 50. 180 - 90 - 40 = 50</think> \\boxed{50}'],
  [clock, '<think>half past 4, 6:30</think> \\boxed{6:30}'],
  [clock, '<think>I see 3 30. 3:30 + 2 hours = 6:30</think> \\boxed{6:30}'],
  [shapes, '<think>I see 2 red circles, 2 stars. 2 + 2 = 4</think> \\boxed{4}'],
  [shapes, '<think>I see 2 circles, 2 squares. 2 + 2 = 4</think> \\boxed{4}'],
  [steps, '<think>2 + 2 = 4</think> \\boxed{4}'],
];

/** The same change made to the reply of any task. */
const changes: Record<string, (thought: string) => string> = {
  'a comma for the full stop': (thought) => thought.replace('. ', ', '),
  'no full stop': (thought) => thought.replace('. ', ' '),
  'a new line for the full stop': (thought) => thought.replace('. ', '\n'),
  'a semicolon for commas': (thought) => thought.replaceAll(', ', '; '),
  'no comma': (thought) => thought.replaceAll(',', ''),
  'and for commas': (thought) => thought.replaceAll(', ', ' and '),
  'another opening': (thought) => thought.replace('I see', 'In the picture there are'),
  'an opening with a colon': (thought) => thought.replace('I see', 'I can see:'),
  'no opening': (thought) => thought.replace('I see ', ''),
  'so before the step': (thought) => thought.replace('. ', ', so '),
  'spaces doubled': (thought) => thought.replaceAll(' ', '  '),
  'a line for each': (thought) => thought.replaceAll(', ', '\n'),
  'no conclusion': (thought) => thought.replace(/= .*/, '='),
};

/** The sample's thought with each perceived value as the picture has it or, where the draw says so, another. */
function misread(sample: TaskSample, draws: readonly boolean[]): { thought: string; values: string[] } {
  let text = '';
  let at = 0;
  const values: string[] = [];
  const replaced = new Map<string, string>();
  for (const [i, [start, end]] of sample.perception.entries()) {
    const value = sample.reference.slice(start, end);
    const other = value.replace(/\d+$/, (digits) => String(Number(digits) + 11).padStart(digits.length, '0'));
    values.push(draws[i % draws.length] ? other : value);
    if (draws[i % draws.length]) replaced.set(value, other);
    text += sample.reference.slice(at, start) + values.at(-1);
    at = end;
  }
  const rest = sample.reference.slice(at);
  return { thought: text + rest, values };
}

describe('readChain', () => {
  it.each(drifted)('for %s reads %j', (reference, reply, values) => {
    expect(found(reply, reference)).toEqual(values);
  });

  it.each(unclear)('for %s does not guess at %j', (reference, reply) => {
    expect(found(reply, reference)).toBeUndefined();
  });

  it('says where in the reply the values are', () => {
    const reply = '<think>I see 5 blue and 4 red, 9</think> \\boxed{9}';
    const { reference, perception } = marked(digits);
    expect(readChain(reply, reference, perception)).toEqual([
      { expected: '3', found: '4', span: [24, 25] },
      { expected: '5', found: '5', span: [13, 14] },
    ]);
  });

  it('reads values that are words only from the words of the reference', () => {
    const reference = 'The {cat} sleeps on the {mat}. cat, mat';
    const { reference: text, perception } = marked(reference);
    const read = (reply: string) => readChain(reply, text, perception)?.map((value) => value.found);
    expect(read('<think>The dog sleeps on the mat. ')).toEqual(['dog', 'mat']);
    expect(read('<think>A dog sleeps on the mat. ')).toBeUndefined();
  });

  it.each(taskNames)('reads every reference of %s as it is', (task) => {
    for (const sample of drawSamples({ tasks: [task], seed: 5, count: 300, difficulty: levels })) {
      const values = readChain(sample.reference, sample.reference, sample.perception);
      expect(values?.map(({ span }) => span)).toEqual(sample.perception);
      expect(values?.every(({ expected, found }) => expected === found)).toBe(true);
    }
  });

  describe.each(Object.entries(changes))('with %s', (_, change) => {
    it.each(taskNames)('reads what %s states, right or wrong', (task) => {
      const samples = drawSamples({ tasks: [task], seed: 6, count: 60, difficulty: levels });
      fc.assert(
        fc.property(
          fc.nat(samples.length - 1),
          fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
          (which, draws) => {
            const sample = samples[which] as TaskSample;
            const { thought, values } = misread(sample, draws);
            const reply = change(thought);
            const read = readChain(reply, sample.reference, sample.perception);
            expect(
              read?.map(({ found }) => found),
              reply,
            ).toEqual(values);
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  it.each(taskNames)(
    'never reads another value than the one that %s states, whatever is lost or moved',
    (task) => {
      const samples = drawSamples({ tasks: [task], seed: 7, count: 60, difficulty: levels });
      let readable = 0;
      fc.assert(
        fc.property(
          fc.nat(samples.length - 1),
          fc.array(fc.tuple(fc.nat(), fc.constantFrom('drop', 'double', 'swap', 'garble')), {
            minLength: 1,
            maxLength: 3,
          }),
          (which, edits) => {
            const sample = samples[which] as TaskSample;
            const tokens = sample.reference.match(
              /<\/?think>|\\boxed|\d+(:\d\d)?|[A-Za-z]+| |./g,
            ) as string[];
            for (const [draw, edit] of edits) {
              const at = draw % tokens.length;
              const token = tokens[at] as string;
              if (edit === 'drop') tokens.splice(at, 1);
              // A doubled number is another number.
              if (edit === 'double' && !/\d/.test(token)) tokens.splice(at, 0, token);
              if (edit === 'garble') tokens[at] = 'assistant';
              // Two names or two values exchanged say something else; signs and spaces exchanged do not.
              if (edit === 'swap' && !/\w/.test(token) && !/\w/.test(tokens[at + 1] ?? 'x')) {
                tokens.splice(at, 2, tokens[at + 1] as string, token);
              }
            }
            const reply = tokens.join('');
            const read = readChain(reply, sample.reference, sample.perception);
            if (read !== undefined) readable++;
            for (const { expected, found, span } of read ?? []) {
              expect(found, reply).toBe(expected);
              expect(reply.slice(...span)).toMatch(new RegExp(`^${found}(\\.0)?$`));
            }
          },
        ),
        { numRuns: 1000 },
      );
      expect(readable).toBeGreaterThan(200);
    },
  );
});

describe('faultOf', () => {
  const { reference, perception } = marked(digits);
  const sample = { id: 'a', question: '', answer: '8', reference, perception };

  it('tells a misread value from a wrong conclusion, in a drifted form too', () => {
    expect(faultOf(sample, '<think>I see 4 red, 5 blue, 4 + 5 = 9</think> \\boxed{9}', false)).toBe(
      'perception',
    );
    expect(faultOf(sample, '<think>I see 3 red, 5 blue, 3 + 5 = 9</think> \\boxed{9}', false)).toBe(
      'reasoning',
    );
    expect(faultOf(sample, '<think>3 + 5 = 9</think> \\boxed{9}', false)).toBe('reasoning');
    expect(faultOf(sample, '<think>I see 3 red, 5 pink, 3 + 5 = 9</think> \\boxed{9}', false)).toBe(
      'unreadable',
    );
    expect(faultOf(sample, '<think>I see 3 red, 5 blue, 8</think> \\boxed{8}', true)).toBe('none');
  });
});
