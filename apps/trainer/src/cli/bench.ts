import { numberTypes } from '@cppo/policy-qwen/formats';
import { type Command, Option } from 'commander';
import {
  collect,
  configured,
  count,
  examples,
  onModel,
  softwareAdapter,
  wholeNumber,
  withPolicy,
} from './parsing.js';

/** Commands that measure. */
export function addBenchCommands(program: Command): void {
  const bench = program.command('bench').description('speed, built-in tasks and ablations');
  bench
    .command('sheet')
    .description('a page of samples of the built-in tasks')
    .option('--task <name>', 'task; all when left out')
    .option('--count <n>', 'samples a task', count, 6)
    .option('--seed <n>', 'seed of the samples', wholeNumber, 1)
    .option('--out <file>', 'page to write', 'sheet.html')
    .addHelpText('after', examples('cppo bench sheet --task digits --count 12'))
    .action(async (options) => (await import('../commands/sheet.js')).sheet(options));
  bench
    .command('ablation')
    .description('train arms of the ablation, evaluate them and add them to the results')
    .option('--arm <name>', 'arm to train; repeatable', collect, [])
    .option('--seed <n>', 'seed; repeatable; 1 when left out', collect, [])
    .option('--all', 'every arm on all its seeds, in the order of the tables; what is done is skipped')
    .option('--plan <file>', 'YAML or JSON: protocol and tables of arms, in place of the standard ones')
    .option('--steps <count>', 'optimiser steps of every arm', count)
    .option('--set <key=value>', 'set one key for every arm; repeatable', collect, [])
    .option('--results <file>', 'where the lines are added', 'docs/results/ablations.jsonl')
    .option('--cost <file>', 'what bench cost wrote, for the arm of equal time', 'docs/results/cost.json')
    .option('--runs <dir>', 'where run directories are made', 'runs/ablation')
    .option('--jobs <n>', 'runs at once; give each its threads by --set engine.threads=1', count, 1)
    .option('--dry-run', 'say what is done and what is to do, and stop')
    .addHelpText(
      'after',
      examples(
        'cppo bench ablation --arm grpo --arm cppo --seed 1 --seed 2',
        'cppo bench ablation --all',
        'cppo bench ablation --arm cppo --steps 20 --results trial.jsonl --runs runs/trial',
        'cppo bench ablation --plan docs/results/perception/plan.yaml --all --results perception.jsonl',
      ),
    )
    .action(async (options) => (await import('../commands/bench-ablation.js')).ablation(options));

  bench
    .command('tables')
    .description('tables and plots of the ablation from its results')
    .option('--results <file>', 'lines that bench ablation added', 'docs/results/ablations.jsonl')
    .option('--plan <file>', 'the plan that they were run by; the standard one when left out')
    .option('--out <dir>', 'where they are written; beside the results when left out')
    .action(async (options) => (await import('../commands/bench-tables.js')).tables(options));
  bench
    .command('cost')
    .description('seconds a step by phase of GRPO, PAPO and CPPO, measured in turns')
    .option('--steps <count>', 'steps of each', count, 20)
    .option('--set <key=value>', 'set one key for all; repeatable', collect, [])
    .option(
      '--regime <name>',
      'what a step is most of: completion-heavy or prompt-heavy; as it is when left out',
    )
    .option('--out <dir>', 'where cost.json and cost.md, or those of the regime, are written', 'docs/results')
    .action(async (options) => (await import('../commands/bench-cost.js')).benchCost(options));
  bench
    .command('export')
    .description('samples of the built-in tasks as files')
    .option('--task <name>', 'task; repeatable; all when left out', collect, [])
    .option('--count <n>', 'samples', count, 1000)
    .option('--seed <n>', 'seed of the samples', wholeNumber, 1)
    .option('--difficulty <levels>', '1, 2 or 3, or several with commas', '1')
    .addOption(
      new Option('--split <split>', 'in-domain or out-of-domain pictures')
        .choices(['in', 'out'])
        .default('in'),
    )
    .addOption(
      new Option('--format <format>', 'PNG files with JSON lines, or one parquet file')
        .choices(['jsonl', 'parquet'])
        .default('jsonl'),
    )
    .requiredOption('--out <dir>', 'directory to make')
    .addHelpText(
      'after',
      examples('cppo bench export --task clocks --count 500 --format parquet --split out --out clocks'),
    )
    .action(async (options) => (await import('../commands/bench-export.js')).exportSamples(options));
  withPolicy(bench.command('detection'))
    .description('how well perception tokens are found, against the ground truth of the built-in tasks')
    .option('--model <dir>', 'Hugging Face directory, hub id, or tiny', 'tiny')
    .option('--data <spec>', 'builtin:<task>', 'builtin:digits')
    .option('--questions <n>', 'held-out questions', count, 192)
    .option('--out <dir>', 'where table, JSON and plots are written', 'docs/results')
    .option('--json', 'also print the JSON')
    .action(async (options) => (await import('../commands/bench-detection.js')).benchDetection(options));

  configured(bench.command('alignment'))
    .description('whether the perception loss points where reward rises, by pass, detector, view and more')
    .option('--blocks <n>', 'independent blocks, 4 or more', count, 16)
    .option('--steps <n>', 'steps of sampling in a block, for the gradient of reward', count, 4)
    .option('--only <family>', 'vary this only: pass, detector, distance, …; repeatable', collect, [])
    .option('--out <dir>', 'where page, JSON and plot are written', 'docs/results')
    .option('--json', 'also print the JSON')
    .addHelpText(
      'after',
      examples(
        'cppo bench alignment',
        'cppo bench alignment --set model=runs/mine/model --only pass --only detector --out alignment',
      ),
    )
    .action(async (options) => (await import('../commands/bench-alignment.js')).benchAlignment(options));

  onModel(bench.command('views'))
    .description('how much a model still gets right under each perturbation of the pictures')
    .option('--model <dir>', 'Hugging Face directory, hub id, or tiny', 'tiny')
    .option('--data <spec>', 'as for train; the held-out samples', 'builtin:digits')
    .option('--view <spec>', 'a perturbation, or {name: …, option: value}; repeatable', collect, [])
    .option('--questions <n>', 'held-out questions', count, 96)
    .option('--samples <k>', 'answers to each question', count, 4)
    .option('--max-tokens <n>', 'longest answer', count)
    .option('--seed <n>', 'seed of views and answers', wholeNumber, 0)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'cppo bench views',
        "cppo bench views --view rotate --view '{name: rotate, degrees: [-2, 2]}'",
      ),
    )
    .action(async (options) => (await import('../commands/bench-views.js')).benchViews(options));

  bench
    .command('speed')
    .description('speed of the engines, of the perturbations, of a training step, or of a model of full size')
    .requiredOption('--suite <name>', 'what to measure: engine, perturb, size, step')
    .option(
      '--engine <name>',
      'this engine only; engine: every one that starts, step: the best, when left out',
    )
    .option('--software-adapter', softwareAdapter)
    .option('--threads <n>', 'threads of the engine', wholeNumber)
    .option('--bfloat16', 'engine: TensorFlow multiplies in bfloat16 where the processor can')
    .option('--python <path>', 'Python in which the peers are installed, to measure them beside ours')
    .option('--peer', 'step: measure TRL too, with the python3 on the path when --python names none')
    .option('--configuration <name>', 'step: this one only; repeatable', collect, [])
    .option('--scaling', 'step: also how time grows with work, and 300 steps in a row')
    .option('--profile', 'step: also what every kernel takes')
    .option(
      '--model <dir>',
      'size: a Hugging Face directory, such as npm run full-size writes; tiny when left out',
    )
    .option('--weights <format>', 'size: this format only; repeatable', collect, [])
    .addOption(
      new Option('--activations <type>', 'size: in which products are computed').choices(numberTypes),
    )
    .addOption(new Option('--cache <type>', 'size: of keys and values while sampling').choices(numberTypes))
    .option('--measure <name>', 'size: score, first, speed or step only; repeatable', collect, [])
    .option('--json', 'print JSON')
    .action(async (options) => (await import('../commands/bench-speed.js')).benchSpeed(options));
}
