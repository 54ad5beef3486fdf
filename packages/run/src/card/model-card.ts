import { requireNames } from '@cppo/checked-options';
import { duration } from '../duration.js';
import { percent, signed } from '../page/format.js';
import { readConfig, readEvaluationRows, readStatus } from '../report/read-run.js';

export interface ModelCardOptions {
  /** Step of the checkpoint that the weights are of. */
  readonly step: number;
  /** What the directory holds: all weights, or adapters that go on `model` of the run. */
  readonly holds: 'model' | 'adapter';
  /** Where the model will be on the hub, `owner/name`. */
  readonly repository?: string;
  /** Number type of the weights. */
  readonly dtype: string;
}

/**
 * Writes the README of an exported model, as the Hugging Face hub reads it: what was trained, on what, how and with what
 * result, from what the run directory holds. A base model that is a directory stands in the text, and not in the head, where
 * the hub would look for it.
 *
 * @param directory of the run.
 * @param options what of it is exported.
 * @returns markdown with a head of YAML.
 * @throws UserError when the directory holds no run; RangeError for an unknown option.
 */
export function modelCard(directory: string, options: ModelCardOptions): string {
  requireNames('modelCard', options, { step: true, holds: true, repository: true, dtype: true });
  const { step, holds, repository, dtype } = options;
  const config = readConfig(directory);
  const status = readStatus(directory);
  const { model, data, objective, seed, steps, rollout } = config;
  const onHub = model !== undefined && /^[\w.-]+\/[\w.-]+$/.test(model) && !model.startsWith('.');
  const adapter = holds === 'adapter';
  const head = [
    'pipeline_tag: image-text-to-text',
    `library_name: ${adapter ? 'peft' : 'transformers'}`,
    ...(onHub ? [`base_model: ${model}`, `base_model_relation: ${adapter ? 'adapter' : 'finetune'}`] : []),
    'tags:',
    ...['cppo', 'reinforcement-learning', 'grpo', ...(objective ? [objective.type] : [])]
      .filter((tag, i, tags) => tags.indexOf(tag) === i)
      .map((tag) => `  - ${tag}`),
  ];
  const facts: (readonly [string, string | undefined])[] = [
    ['Base model', model],
    ['Objective', objective?.type],
    ['Training data', data && String(data.train)],
    ['Steps', step === steps ? String(steps) : `${step} of ${steps}`],
    ['A step', rollout && `${rollout.prompts} prompts × ${rollout.completions} completions`],
    ['Seed', seed === undefined ? undefined : String(seed)],
    ['Weights', `${adapter ? 'LoRA adapters in PEFT’s format' : 'whole model'}, ${dtype}`],
    ['Engine', status.engine],
    ['Time', status.seconds === undefined ? undefined : duration(status.seconds)],
    [
      'cppo',
      [status.version, status.commit].filter((each) => each !== undefined).join(', commit ') || undefined,
    ],
  ];
  return `${[
    `---\n${head.join('\n')}\n---`,
    `# ${repository?.split('/').at(-1) ?? 'A model trained with cppo'}`,
    'Trained by reinforcement with [cppo](https://github.com/cppo-js/cppo).',
    tableOf(
      ['', ''],
      facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    ...resultsOf(directory),
    ...useOf(adapter, repository, model),
    '## Command',
    'With this configuration as `config.json`: `cppo train --config config.json`',
    `<details><summary>config.json</summary>\n\n${fenced(JSON.stringify(config, null, 2), 'json')}\n\n</details>`,
  ].join('\n\n')}\n`;
}

function resultsOf(directory: string): string[] {
  const rows = readEvaluationRows(directory).filter(({ after }) => after !== undefined);
  if (rows.length === 0) return [];
  const shown = rows.map(({ name, before, after }) => {
    const interval =
      after?.low === undefined || after.high === undefined
        ? ''
        : ` (${(after.low * 100).toFixed(1)}–${(after.high * 100).toFixed(1)})`;
    const gain = before && after ? signed((after.value - before.value) * 100, 1) : '–';
    return [name, percent(before?.value), `${percent(after?.value)}${interval}`, gain];
  });
  return [
    '## Held-out results',
    'At the end of the run, on questions that were not trained on; with 95 % intervals.',
    tableOf(['measure', 'before', 'after', 'points'], shown),
  ];
}

function useOf(adapter: boolean, repository: string | undefined, model: string | undefined): string[] {
  const place = repository ?? 'path/to/this/directory';
  const lines = adapter
    ? [
        'from peft import PeftModel',
        'from transformers import AutoModelForImageTextToText',
        '',
        `model = AutoModelForImageTextToText.from_pretrained(${JSON.stringify(model ?? '')})`,
        `model = PeftModel.from_pretrained(model, ${JSON.stringify(place)})`,
      ]
    : [
        'from transformers import AutoModelForImageTextToText, AutoProcessor',
        '',
        `model = AutoModelForImageTextToText.from_pretrained(${JSON.stringify(place)})`,
        `processor = AutoProcessor.from_pretrained(${JSON.stringify(place)})`,
      ];
  return ['## Use', fenced(lines.join('\n'), 'python')];
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // What a run says of itself must not end a cell or begin an element.
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
  return [head, head.map(() => '---'), ...rows.map((row) => row.map(cell))]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

/** Text as it is, whatever fences are in it. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
