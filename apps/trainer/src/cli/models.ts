import type { Command } from 'commander';
import { collect, examples, number, wholeNumber } from './parsing.js';

/** Commands that ask a model. */
export function addModelCommands(program: Command): void {
  program
    .command('eval')
    .description('avg@k, pass@k and maj@k of a model on held-out samples')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .requiredOption(
      '--data <spec>',
      'builtin:<task>, a .jsonl or .parquet file, an image folder, or a hub id',
    )
    .option('--samples <k>', 'completions a question', wholeNumber, 8)
    .option('--temperature <t>', 'sampling temperature', number, 1)
    .option('--questions <n>', 'questions, from the first', wholeNumber)
    .option('--max-tokens <n>', 'longest completion', wholeNumber, 32)
    .option(
      '--template <name>',
      'prompt template: cppo, boxed, question, or a text with {question}',
      'question',
    )
    .option('--seed <n>', 'seed of the sampling', wholeNumber, 1)
    .option('--json', 'print JSON')
    .addHelpText('after', examples('cppo eval --model tiny --data builtin:digits --json'))
    .action(async (options) => (await import('../commands/eval.js')).evaluateModel(options));

  program
    .command('generate')
    .description('answer a question about pictures')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .option('--image <file>', 'picture; repeatable, in the order of the prompt', collect, [])
    .requiredOption('--prompt <text>', 'question')
    .option('--max-tokens <n>', 'longest completion', wholeNumber, 256)
    .option('--temperature <t>', '0 takes the likeliest token', number, 0)
    .option('--top-p <p>', 'nucleus sampling', number)
    .option('--top-k <k>', 'sample among the k likeliest', wholeNumber)
    .option('--seed <n>', 'seed of the sampling', wholeNumber, 1)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('cppo generate --model ./Qwen2.5-VL-3B-Instruct --image cat.jpg --prompt "What is this?"'),
    )
    .action(async (options) => (await import('../commands/generate.js')).generate(options));

  program
    .command('score')
    .description('log-probabilities and entropies of a given completion (temperature 1, nats)')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .option('--image <file>', 'picture; repeatable, in the order of the prompt', collect, [])
    .requiredOption('--prompt <text>', 'question, put through the chat template')
    .requiredOption('--completion <text>', 'text whose own tokens are scored; no end token is added')
    .option('--json', 'print {"tokens","logProbs","entropies"}')
    .action(async (options) => (await import('../commands/score.js')).score(options));

  program
    .command('inspect')
    .description('see which tokens of an answer depend on the picture')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .requiredOption('--image <file>', 'picture', collect, [])
    .requiredOption('--prompt <text>', 'question')
    .option('--completion <text>', 'inspect this answer instead of the greedy one')
    .option('--views <preset>', 'how the views are made: cppoVerl, cppoAreal, papo, vppo', 'cppoVerl')
    .option('--seed <n>', 'seed of the views', wholeNumber, 1)
    .option('--max-tokens <n>', 'longest completion', wholeNumber, 256)
    .option('--html <file>', 'also write a page')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('../commands/inspect.js')).inspect(options));
}
