import { type Command, Option } from 'commander';
import { collect, configured, count, examples, port, tag, withArithmetic, withMemory } from './parsing.js';

/** Commands about a run: what it will be, the run itself, what it leaves. */
export function addRunCommands(program: Command): void {
  withArithmetic(withMemory(configured(program.command('train'))))
    .description('train a policy; the default run needs nothing but this command')
    .option('--steps <count>', 'optimiser steps', count)
    .option('--resume <directory>', 'continue the run in this directory')
    .addOption(
      new Option(
        '--run <directory>',
        'begin a run in this directory, or continue the one that is in it: one command to start, restart and share among learners',
      ).conflicts('resume'),
    )
    .option(
      '--dry-run',
      'print what would happen and what it would take, without reading the weights, and stop',
    )
    .option('--tag <tag>', 'write a tag on the run; repeatable', tag, [])
    .option('--json', 'print a line of JSON for the start, each step, each evaluation and the end')
    .option('--watch [port]', "serve the run's page on this machine while it trains", port)
    .addHelpText(
      'after',
      examples(
        'cppo train',
        'cppo train --set objective.type=grpo --steps 100',
        'cppo train --set data.train=my.jsonl --set model=./Qwen2.5-VL-3B-Instruct',
        'cppo train --preset qwen2.5-vl-3b-lora --weights nf4 --memory 12GB --dry-run',
        'cppo train --resume runs/cppo-tiny-seed1',
        'cppo train --watch --tag first',
        'cppo train --json | jq \'select(.event=="step") | .["reward/mean"]\'',
      ),
    )
    .action(async (options) => (await import('../commands/train.js')).train(options));

  program
    .command('sweep')
    .description('train a grid or list of settings on several seeds, and compare the runs on a page')
    .argument('<file>', 'YAML, JSON or TypeScript file with grid, list, seeds, settings')
    .option('--jobs <n>', 'runs at once; give each its threads by engine.threads in settings', count, 1)
    .option('--dry-run', 'say what is done and what is to do, and stop')
    .addHelpText(
      'after',
      `${examples('cppo sweep sweep.yaml --dry-run', 'cppo sweep sweep.yaml')}
Ctrl-C leaves checkpoints; the same command goes on.`,
    )
    .action(async (file, options) => (await import('../commands/sweep.js')).sweep(file, options));

  configured(program.command('config'))
    .description('the resolved configuration, each key with its explanation and source')
    .addOption(new Option('--json', 'print the configuration as JSON').conflicts('schema'))
    .option('--schema', 'print the JSON Schema, for editors')
    .addHelpText(
      'after',
      examples(
        'cppo config',
        'cppo config --preset tiny --set steps=50 --json',
        'cppo config --schema > cppo.schema.json',
      ),
    )
    .action(async (options) => (await import('../commands/config.js')).showConfig(options));

  program
    .command('watch')
    .description('serve the page of a run that another process is at work on, or of all runs in a folder')
    .argument('<run>', 'run directory, or a folder of them')
    .option('--port <n>', 'port on this machine; one that is taken gives way to a free one', port)
    .addHelpText('after', examples('cppo watch runs/cppo-tiny-seed1', 'cppo watch runs'))
    .action(async (run, options) => (await import('../commands/watch.js')).watch(run, options));

  program
    .command('runs')
    .description('the runs of a folder, a line each')
    .argument('[folder]', 'where they are looked for', 'runs')
    .option('--tag <tag>', 'only those with this tag; repeatable', collect, [])
    .option('--json', 'print JSON')
    .addHelpText('after', examples('cppo runs', 'cppo runs runs/ablation --tag keep'))
    .action(async (folder, options) => (await import('../commands/runs.js')).runs(folder, options));

  program
    .command('tag')
    .description('write tags and a note on runs')
    .argument('<run...>', 'run directories')
    .option('--add <tag>', 'a tag; repeatable', collect, [])
    .option('--remove <tag>', 'a tag; repeatable', collect, [])
    .option('--note <text>', "in place of the run's note; an empty one removes it")
    .addHelpText('after', examples('cppo tag runs/cppo-tiny-seed1 --add keep --note "smaller learning rate"'))
    .action(async (runs, options) => (await import('../commands/runs.js')).tagRuns(runs, options));

  program
    .command('compare')
    .description('a page of runs beside one another: curves, differences with intervals, settings')
    .argument('<run...>', 'run directories, or folders of them; the first is what others are compared with')
    .option('--out <file>', 'page to write', 'compare.html')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('cppo compare runs/grpo-tiny-seed1 runs/cppo-tiny-seed1'))
    .action(async (runs, options) => (await import('../commands/compare.js')).compare(runs, options));

  program
    .command('report')
    .description('write the page of a run again, as it is by now')
    .requiredOption('--run <dir>', 'run directory')
    .option('--out <file>', 'page to write; report.html in the run directory when left out')
    .addHelpText('after', examples('cppo report --run runs/cppo-tiny-seed1'))
    .action(async (options) => (await import('../commands/report.js')).report(options));

  program
    .command('export')
    .description('write the model of a run as a Hugging Face directory')
    .requiredOption('--run <dir>', 'run directory')
    .requiredOption('--out <dir>', 'directory to make')
    .option('--best', 'the checkpoint that checkpoint.best kept, instead of the newest')
    .option('--adapters', "the adapters by themselves, in PEFT's format")
    .addOption(
      new Option('--dtype <type>', 'number type of the weights; bfloat16 when left out').choices([
        'bfloat16',
        'float32',
      ]),
    )
    .option('--push <owner/name>', 'also put it on the Hugging Face hub, with HF_TOKEN')
    .option('--private', 'with --push: a repository that is made is private')
    .addHelpText(
      'after',
      `${examples(
        'cppo export --run runs/cppo-tiny-seed1 --out my-model',
        'cppo export --run runs/lora --out my-adapter --adapters --push me/my-adapter --private',
      )}
GGUF is not written: convert_hf_to_gguf.py of llama.cpp reads the directory.`,
    )
    .action(async (options) => (await import('../commands/export.js')).exportModel(options));
}
