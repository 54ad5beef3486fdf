import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@cppo/perturb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cppo } from './command.js';
import { describeMoment, finished, killedAt, type Moment, remains } from './kills.js';

/** `CPPO_KILLS=50 npx vitest run test/survival.test.ts` is the long form. */
const kills = Number(process.env.CPPO_KILLS ?? 4);
const seed = Number(process.env.CPPO_SEED ?? 1);

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-survival-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const begin = (output: string): string[] => [
  ...['train', '--steps', '4'],
  ...[
    'rollout.prompts=5',
    'rollout.completions=4',
    'rollout.maxTokens=28',
    'evaluation.questions=2',
    'evaluation.samples=2',
    'evaluation.every=1',
    'checkpoint.best=true',
    `output=${output}`,
  ].flatMap((assignment) => ['--set', assignment]),
];

/** Files in whose writing a kill would hurt most. */
const delicate = [
  /^config\.json/,
  /^run\.lock/,
  /^metrics\.jsonl/,
  /^events\.out/,
  /^rollouts\/step/,
  /^checkpoints\/\.step/,
  /^checkpoints\/\.step.*\/optimizer\.f32/,
  /^checkpoints\/\.step.*safetensors/,
  /^checkpoints\/step/,
  /^evaluation-before/,
  /^evaluation-after/,
  /^evaluations\/step/,
  /^best\/\.step/,
  /^model/,
  /^report\.html/,
];

it(
  `ends as if nothing had happened, ${kills} kills later`,
  async () => {
    const undisturbed = join(root, 'undisturbed');
    const started = performance.now();
    expect((await cppo(begin(undisturbed))).code).toBe(0);
    const whole = performance.now() - started;
    const expected = remains(undisturbed);
    const [newest] = readdirSync(join(undisturbed, 'checkpoints')).reverse();
    const state = JSON.parse(
      readFileSync(join(undisturbed, 'checkpoints', newest!, 'checkpoint.json'), 'utf8'),
    );
    expect(state.updates).toBeGreaterThan(0); // otherwise there would be nothing to get wrong

    const random = seededRandom(seed, 'kills');
    const draw = (number: number): Moment =>
      number % 2 === 0
        ? { after: random.next() * whole }
        : {
            touched: delicate[Math.floor(random.next() * delicate.length)]!,
            nth: 1 + Math.floor(random.next() * 4),
            later: random.next() * 3,
          };
    let killed = 0;
    for (let run = 0; killed < kills; run++) {
      const output = join(root, `run-${run}`);
      const moments: string[] = [];
      let parameters: readonly string[] = begin(output);
      // One run in three is killed again while it resumes.
      for (let attempt = 0; attempt < (run % 3 === 2 ? 2 : 1); attempt++) {
        const moment = draw(killed);
        const { signal } = await killedAt(parameters, output, moment);
        if (signal !== 'SIGKILL') break;
        killed++;
        moments.push(describeMoment(moment));
        parameters = ['train', '--resume', output];
      }
      const { code, stderr } = await finished(begin(output), output);
      expect(code, `${moments.join(', then ')}: ${stderr}`).toBe(0);
      const after = remains(output);
      expect(Object.keys(after), moments.join(', then ')).toEqual(Object.keys(expected));
      for (const [name, content] of Object.entries(expected)) {
        // config.json names its output, sessions.json when who was at work.
        if (name === 'config.json' || name === 'sessions.json') continue;
        expect(after[name], `${name}, ${moments.join(', then ')}`).toEqual(content);
      }
      if (process.env.CPPO_KILLS)
        console.log(`${killed}/${kills}: ${moments.join(', then ') || 'was done before'}`);
      rmSync(output, { recursive: true });
    }
  },
  kills * 60_000,
);
