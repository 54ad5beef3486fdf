// Writes a model of full size with random weights, for tests, benchmarks and dry runs without a download.
//
//   npm run full-size -- 3b DIR
import { parseArgs } from 'node:util';
import { publishedConfig, sizeNames } from './published-config.mjs';
import { WrongRequest, writeModel } from './write-model.mjs';

const usage = `npm run full-size -- SIZE DIR [--seed N]

Writes a model of the published shape with random weights: bfloat16 shards, index, config, tokenizer, chat template.
  SIZE      of Qwen2.5-VL: 1b (2.5 GB), 3b (7.5 GB) or 7b (16.6 GB);
            qwen2-vl-2b (4.4 GB), qwen3-vl-2b (4.3 GB), qwen3-vl-4b (8.9 GB)
  DIR       a new or empty directory
  --seed N  of the weights; the same seed gives the same bytes [1]`;

async function main() {
  const { size, directory, seed } = request();
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => interrupted.abort());
  const started = performance.now();
  const { parameters, bytes, files } = await writeModel(directory, publishedConfig(size), {
    seed,
    signal: interrupted.signal,
    onProgress: progressLine(),
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${directory}: ${parameters.toLocaleString('en')} random weights, ${(bytes / 1e9).toFixed(1)} GB in ${files.length} ` +
      `${files.length === 1 ? 'file' : 'files'}, ${seconds.toFixed(0)} s.`,
  );
}

function request() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { seed: { type: 'string', default: '1' }, help: { type: 'boolean', default: false } },
    });
  } catch (error) {
    throw new WrongRequest(`${error.message}\n\n${usage}`);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const [size, directory, ...rest] = positionals;
  if (!sizeNames.includes(size) || directory === undefined || rest.length > 0) {
    const found = positionals.length > 0 ? positionals.join(' ') : 'nothing';
    throw new WrongRequest(
      `found ${found}; expected a size (${sizeNames.join(', ')}) and a directory.\n\n${usage}`,
    );
  }
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new WrongRequest(`--seed is ${values.seed}; expected a whole number from 0 to 4294967295.`);
  }
  return { size, directory, seed };
}

/** A line that is overwritten on a terminal; elsewhere one line every tenth part. */
function progressLine() {
  let told = 0;
  return (done, total) => {
    const share = Math.floor((process.stderr.isTTY ? 100 : 10) * (done / total));
    if (share === told) return;
    told = share;
    const text = `${(done / 1e9).toFixed(1)} of ${(total / 1e9).toFixed(1)} GB`;
    process.stderr.write(process.stderr.isTTY ? `\r${text}${done === total ? '\n' : ''}` : `${text}\n`);
  };
}

main().catch((error) => {
  if (error instanceof WrongRequest) {
    console.error(`full-size: ${error.message}`);
    process.exit(2);
  }
  if (error.name === 'AbortError') {
    console.error('\nfull-size: stopped; nothing was left behind.');
    process.exit(130);
  }
  throw error;
});
