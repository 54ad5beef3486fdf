import { type Command, Option } from 'commander';
import {
  collect,
  count,
  examples,
  number,
  onModel,
  port,
  positive,
  seeing,
  share,
  wholeNumber,
} from './parsing.js';

/** Commands that ask a model. */
export function addModelCommands(program: Command): void {
  seeing(onModel(program.command('eval')))
    .description('avg@k, pass@k and maj@k of a model on held-out samples')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .requiredOption(
      '--data <spec>',
      'builtin:<task>, a .jsonl or .parquet file, an image folder, a hub id; or benchmark:<name>[=<file or hub id>], repeatable, or benchmark:all',
      collect,
    )
    .option('--samples <k>', 'completions a question', count, 8)
    .option('--temperature <t>', 'sampling temperature', number, 1)
    .option('--questions <n>', 'questions, from the first', count)
    .option(
      '--max-tokens <n>',
      'longest completion; what the model was trained with when left out, else 32 for built-in tasks, 2048 for others',
      count,
    )
    .option(
      '--template <name>',
      'prompt template: cppo, boxed, question, described, a text with {question}, or auto (what the model was trained with; else question for built-in tasks, cppo for others)',
      'auto',
    )
    .option('--out <dir>', 'where answers and results go; the same command resumes after Ctrl-C')
    .option('--seed <n>', 'seed of the sampling', wholeNumber, 1)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'cppo eval --model tiny --data builtin:digits --json',
        'cppo eval --model ./model --data benchmark:mathvista=testmini.parquet --data benchmark:we-math --out results',
        'cppo eval --model ./model --data benchmark:all',
      ),
    )
    .action(async (options) => (await import('../commands/eval.js')).evaluateModel(options));

  seeing(onModel(program.command('generate')))
    .description('answer a question about pictures')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .option('--image <file>', 'picture; repeatable, in the order of the prompt', collect, [])
    .requiredOption('--prompt <text>', 'question')
    .option('--max-tokens <n>', 'longest completion', count, 256)
    .option('--temperature <t>', '0 takes the likeliest token', number, 0)
    .option('--top-p <p>', 'nucleus sampling', share)
    .option('--top-k <k>', 'sample among the k likeliest', count)
    .option(
      '--repetition-penalty <p>',
      'above 1: tokens that occurred, in the prompt too, become less likely',
      positive,
    )
    .option('--seed <n>', 'seed of the sampling', wholeNumber, 1)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('cppo generate --model ./Qwen2.5-VL-3B-Instruct --image cat.jpg --prompt "What is this?"'),
    )
    .action(async (options) => (await import('../commands/generate.js')).generate(options));

  seeing(onModel(program.command('serve')))
    .description('serve a model over the OpenAI chat interface, with pictures and log-probabilities')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .option('--name <name>', 'by which requests name it; what --model says when left out')
    .option('--port <n>', 'port; 0 takes any that is free', port, 8000)
    .option('--host <address>', 'address to listen at; 127.0.0.1 is this machine alone', '127.0.0.1')
    .option('--at-once <n>', 'completions sampled together', count, 8)
    .option('--max-tokens <n>', 'longest completion', count, 2048)
    .addHelpText(
      'after',
      examples('cppo serve --model runs/cppo-tiny-seed1/model', 'cppo serve --model tiny --port 8080'),
    )
    .action(async (options) => (await import('../commands/serve.js')).serve(options));

  seeing(onModel(program.command('score')))
    .description('log-probabilities and entropies of a given completion (temperature 1, nats)')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .option('--image <file>', 'picture; repeatable, in the order of the prompt', collect, [])
    .requiredOption('--prompt <text>', 'question, put through the chat template')
    .requiredOption('--completion <text>', 'text whose own tokens are scored; no end token is added')
    .option('--json', 'print {"tokens","logProbs","entropies"}')
    .addHelpText(
      'after',
      examples(
        'cppo score --model tiny --image digits.png --prompt "What is red plus blue?" --completion "red 3"',
      ),
    )
    .action(async (options) => (await import('../commands/score.js')).score(options));

  seeing(onModel(program.command('inspect')))
    .description('see which tokens of an answer depend on the picture')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .requiredOption('--image <file>', 'picture; repeatable, in the order of the prompt', collect)
    .requiredOption('--prompt <text>', 'question')
    .option('--completion <text>', 'inspect this answer instead of one of the model')
    .addOption(
      new Option('--views <preset>', 'how the views are made')
        .choices(['cppoVerl', 'cppoAreal', 'papo', 'vppo'])
        .default('cppoVerl'),
    )
    .addOption(
      new Option('--score <name>', 'ΔH by itself, or as a share of H⁻')
        .choices(['relative', 'absolute'])
        .default('relative'),
    )
    .addOption(
      new Option('--base <name>', 'what the ratio is a share of: tokens with ΔH > 0, or all')
        .choices(['positive', 'all'])
        .default('positive'),
    )
    .option('--ratio <share>', 'share of the base that are perception tokens', share, 0.5)
    .option(
      '--temperature <t>',
      'of the answer and the entropies; 0: likeliest tokens, entropies at 1',
      number,
      0,
    )
    .option('--seed <n>', 'seed of the views and of the sampling', wholeNumber, 1)
    .option('--max-tokens <n>', 'longest completion', count, 256)
    .option('--html <file>', 'also write a page')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'cppo inspect --model tiny --image digits.png --prompt "What is red plus blue?"',
        'cppo inspect --model ./model --image a.jpg --image b.jpg --prompt "What changed?" --html answer.html',
      ),
    )
    .action(async (options) => (await import('../commands/inspect.js')).inspect(options));
}
