// docs/results/cluster.md, drawn from what was measured (cluster.json beside it).
import { bytesSent, exchangeSeconds, fitLink } from './exchange.mjs';
import { numbersTrained } from './numbers-trained.mjs';
import { simulateSteps } from './step.mjs';

const counts = [1, 2, 4, 8, 16, 32, 64];
const FLOAT32 = 4;

/** Bytes a second of a network's line, one way. */
const lines = { '1 Gbit/s': 1.25e8, '10 Gbit/s': 1.25e9 };

/** Seconds for a packet from one machine to another of the same room, one way. */
const CABLE = 50e-6;

/**
 * Seconds of one group on two processor cores, 3B in int8 with LoRA: 8 completions of 64 tokens, 256 image tokens
 * (docs/full-size.md). Of a GRPO step's 81 s, 22 are sampling; a CPPO step takes 162 s.
 */
const group = { sampling: 22, policy: 59, views: 81 };

/** Groups of a step, and how they differ: assumed, and said on the page. */
const prompts = 16;
const spread = 0.3;
const viewed = 0.75;

/**
 * @param {{ date: string, machine: string, cores: number, load: number, sums: { learners: number, bytes: number, seconds: number }[] }} measured
 * @returns {string} the page.
 */
export function drawPage(measured) {
  const own = fitLink(measured.sums.filter(({ learners }) => learners === 2));
  return [
    '# Many machines: what an exchange costs, and what limits next',
    '',
    'Drawn by `node tools/cluster/simulate.mjs`: measured are the sums on one machine and the seconds of one group;',
    'everything else is arithmetic and a seeded simulation. No two machines were at hand.',
    '',
    ...measuredSection(measured, own),
    ...exchangeSection(own),
    ...stepSection(own),
    ...limitSection(own),
  ].join('\n');
}

/** A link between machines: a learner cannot send faster than its processor packs, nor than the line carries. */
function linkOver(line, own) {
  return { rate: Math.min(own.rate, line), hop: own.hop + CABLE };
}

function measuredSection({ date, machine, cores, load, sums }, own) {
  return [
    '## Measured: sums on one machine',
    '',
    `${date}, ${machine}, \`node tools/cluster/measure-exchange.mjs\`: sums of float32 numbers over loopback, the fastest`,
    `of ten. Programs at work beside it (load average): ${load}. Two learners were fitted:`,
    '',
    `    seconds = bytes sent / ${perSecond(own.rate)} + 2 (N − 1) · ${milliseconds(own.hop)}`,
    `    bytes sent by each = 2 (N − 1) / N · bytes`,
    '',
    `More learners than two share the ${cores} cores here, so the formula's rate is divided by N / ${cores} for them.`,
    '',
    ...table(
      ['learners', 'summed', 'measured', 'by the formula'],
      sums.map(({ learners, bytes, seconds }) => [
        learners,
        inBytes(bytes),
        inSeconds(seconds),
        inSeconds(exchangeSeconds(bytes, learners, onOneMachine(own, learners, cores))),
      ]),
    ),
    '',
  ];
}

function onOneMachine({ rate, hop }, learners, cores) {
  const crowd = Math.max(1, learners / cores);
  return { rate: rate / crowd, hop: hop * crowd };
}

function exchangeSection(own) {
  const three = numbersTrained('3b');
  const seven = numbersTrained('7b');
  const rows = [
    ['shipped model, all weights', 1.6e6],
    ['3B, LoRA of rank 16', three.adapters(16)],
    ['7B, LoRA of rank 16', seven.adapters(16)],
    ['3B, LoRA of rank 128', three.adapters(128)],
    ['3B, all weights', three.all],
    ['7B, all weights', seven.all],
  ];
  const several = counts.filter((learners) => learners > 1);
  return [
    '## The exchange of an update',
    '',
    'Each learner sends and receives this once an update, whatever the batch. Tokens, log-probabilities and rewards of the',
    'whole batch, which are gathered too, are below 1 MB a step.',
    '',
    ...table(
      ['', 'numbers', ...several.map((learners) => `${learners} learners`)],
      rows.map(([name, numbers]) => [
        name,
        inMillions(numbers),
        ...several.map((learners) => inBytes(bytesSent(numbers * FLOAT32, learners))),
      ]),
    ),
    '',
    ...Object.entries(lines).flatMap(([name, line]) => [
      `Seconds over ${name}, at most ${perSecond(linkOver(line, own).rate)} a learner:`,
      '',
      ...table(
        ['', ...several.map((learners) => `${learners} learners`)],
        rows.map(([row, numbers]) => [
          row,
          ...several.map((learners) =>
            inSeconds(exchangeSeconds(numbers * FLOAT32, learners, linkOver(line, own))),
          ),
        ]),
      ),
      '',
    ]),
    own.rate < lines['10 Gbit/s']
      ? 'The processors that were measured pack and copy more slowly than 10 Gbit/s: a faster line gains nothing with them.'
      : 'The processors that were measured fill 10 Gbit/s.',
    'Bytes grow towards twice the buffer and no further; what grows with the number of learners is the delay of the hops.',
    '',
  ];
}

function stepSection(own) {
  const link = linkOver(lines['10 Gbit/s'], own);
  const bytes = numbersTrained('3b').adapters(16) * FLOAT32;
  const at = (learners, variation) =>
    simulateSteps({
      learners,
      prompts,
      seconds: group,
      exchange: exchangeSeconds(bytes, learners, link),
      ...variation,
    });
  const alone = at(1, { spread, viewed }).step;
  return [
    '## A step of the 3B in int8 with LoRA',
    '',
    `CPPO, ${prompts} prompts of 8 completions of 64 tokens; one group on two cores: ${group.sampling} s of sampling,`,
    `${group.policy} s of scores and gradients, ${group.views} s for the views ([full size](../full-size.md)). Simulated, 400 steps: groups differ`,
    `by ${spread * 100} % (relative standard deviation), and in ${viewed * 100} % of them an answer did better than the others, so that views are`,
    'scored. Both are assumptions. Seconds of a mean learner:',
    '',
    ...table(
      [
        'learners',
        'step',
        'at work',
        'waiting for others',
        'exchange',
        'speed-up',
        'speed-up if groups were equal',
      ],
      counts.map((learners) => {
        const real = at(learners, { spread, viewed });
        const equal = { spread: 0, viewed: 1 };
        return [
          learners,
          inSeconds(real.step),
          share(real.busy, real.step),
          share(real.waiting, real.step),
          share(real.exchange, real.step),
          times(alone / real.step),
          times(at(1, equal).step / at(learners, equal).step),
        ];
      }),
    ),
    '',
    'Learners beyond the number of prompts have nothing to do. Not in the table: what all do alike, AdamW on 30 M numbers',
    '(below 0.1 s), and what the first one does alone, writing a checkpoint of 0.4 GB.',
    '',
  ];
}

function limitSection(own) {
  const link = linkOver(lines['10 Gbit/s'], own);
  const three = numbersTrained('3b');
  const learners = 8;
  const exchangeOf = (numbers) => exchangeSeconds(numbers * FLOAT32, learners, link);
  const rows = [1, 10, 100].map((speed) => {
    const seconds = Object.fromEntries(Object.entries(group).map(([name, value]) => [name, value / speed]));
    const shareOf = (numbers) => {
      const { step, exchange } = simulateSteps({
        learners,
        prompts,
        seconds,
        exchange: exchangeOf(numbers),
        spread,
        viewed,
      });
      return [inSeconds(step), share(exchange, step)];
    };
    return [`${speed} ×`, ...shareOf(three.adapters(16)), ...shareOf(three.all)];
  });
  const weights = three.all * 2;
  return [
    '## What limits next',
    '',
    '1. **Groups that are not alike.** With as many learners as prompts, a step takes as long as its slowest group. More',
    '   prompts a step or fewer learners help; handing out groups by their length would too, and is not done.',
    `2. **The exchange, once a learner is faster.** ${learners} learners over 10 Gbit/s, by the speed of a learner beside these two cores:`,
    '',
    ...table(['a learner', 'LoRA: step', 'exchange', 'all weights: step', 'exchange'], rows),
    '',
    '   A graphics card is a hundred times as fast and more: LoRA stays bearable, all weights do not. The next steps would',
    '   be NCCL between cards and gradients in bfloat16; neither is done.',
    '3. **The size of the model.** Each learner holds all weights; nothing here divides them.',
    `4. **The start.** Every learner reads ${inBytes(weights)} of weights from the shared disk: at 1.25 GB/s`,
    `   ${[2, 8, 64].map((n) => `${inSeconds((n * weights) / 1.25e9)} for ${n}`).join(', ')} learners. Copies on local disks spare it.`,
    '',
  ];
}

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)];
}

const digits = (value, count = 2) =>
  Number(value.toPrecision(count)).toLocaleString('en', { maximumFractionDigits: 4 });

function inBytes(bytes) {
  if (bytes >= 1e9) return `${digits(bytes / 1e9)} GB`;
  return bytes >= 1e6 ? `${digits(bytes / 1e6)} MB` : `${bytes} bytes`;
}

const inSeconds = (seconds) =>
  seconds < 0.1 ? milliseconds(seconds) : `${digits(seconds, seconds < 100 ? 2 : 3)} s`;
const milliseconds = (seconds) => `${digits(seconds * 1e3)} ms`;
const inMillions = (numbers) => `${digits(numbers / 1e6, 3)} M`;
const perSecond = (rate) => `${digits(rate / 1e9)} GB/s`;
const share = (part, whole) => `${((100 * part) / whole).toFixed(part / whole < 0.01 ? 2 : 0)} %`;
const times = (factor) => `${factor.toFixed(1)} ×`;
