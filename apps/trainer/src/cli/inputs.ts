import { type Command, Option } from 'commander';
import { configured, count, examples, ground, groundOption, wholeNumber } from './parsing.js';

/** Commands about what goes into a run: pictures, data sets, rewards. */
export function addInputCommands(program: Command): void {
  program
    .command('views')
    .description('a page with every perturbation of a picture')
    .requiredOption('--image <file>', 'picture')
    .option('--draws <n>', 'draws of each', count, 3)
    .option('--seed <n>', 'seed of the draws', wholeNumber, 0)
    .option('--background <colour>', groundOption, ground)
    .option('--max-pixels <n>', 'shrink larger pictures', count, 1_000_000)
    .option('--out <file>', 'page to write', 'views.html')
    .addHelpText('after', examples('cppo views --image photo.jpg --draws 5'))
    .action(async (options) => (await import('../commands/views.js')).views(options));

  const data = program.command('data').description('look at data sets');
  data
    .command('inspect')
    .description('schema, counts, lengths and image sizes of a data set')
    .argument('<spec>', 'a .jsonl or .parquet file, an image folder, or a hub id')
    .option('--html <file>', 'also write a page with samples, their pictures as a model sees them')
    .option('--background <colour>', groundOption, ground)
    .addOption(
      new Option('--check <how>', 'how pictures are checked')
        .choices(['decode', 'structure', 'none'])
        .default('decode'),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('cppo data inspect my.jsonl', 'cppo data inspect photos/ --html photos.html'),
    )
    .action(async (spec, options) => (await import('../commands/data.js')).inspectData(spec, options));

  configured(program.command('reward'))
    .description('judge completions against reference answers, as a run with this configuration does')
    .option('--completion <text>', 'completion to judge')
    .option('--answer <text>', 'reference answer')
    .option('--question <text>', 'what was asked, for rewards that look at it')
    .option('--pairs <file>', 'JSON lines of completion and answer; further columns are metadata')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        "cppo reward --completion 'The answer is \\boxed{1/2}' --answer 0.5",
        'cppo reward --pairs judged.jsonl --set reward.function=./my-reward.ts',
      ),
    )
    .action(async (options) => (await import('../commands/reward.js')).judge(options));
}
