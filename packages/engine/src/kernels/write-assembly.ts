import { attentionLanes } from './attention.js';
import { decoderSteps, layerLayout, linearLayout } from './decoder-token.js';
import { binaryOperations, unaryOperations } from './elementwise.js';
import { jobKinds, jobs } from './jobs.js';
import { type AnyLayout, partOffsets, wordCount } from './layout.js';
import { nf4Block, weightFormats } from './packed-weight.js';
import { activations, packColumns, packDepth } from './product.js';
import { reducedColumns } from './rows.js';
import { upperSnake } from './upper-snake.js';

/** `assembly/layouts.ts`: the records and constants that wasm kernels share with those who call them. */
export function writeAssembly(): string {
  const layouts = new Set<AnyLayout>();
  const add = (layout: AnyLayout) => {
    if (layout.base) add(layout.base);
    for (const part of layout.parts.values()) add(part);
    layouts.add(layout);
  };
  for (const layout of [...Object.values(jobs), linearLayout, layerLayout]) add(layout);
  return `${[
    '// Made from src/kernels/ by tools/generate-kernels.ts; do not edit. A test writes it again and compares.',
    constant('Queries of a tile of attention.', 'ATTENTION_LANES', attentionLanes),
    constant('Numbers that share a scale in nf4: they run over the flattened matrix.', 'NF4_BLOCK', nf4Block),
    constant('Depth, and columns of B, that one task packs for all.', 'PACK_DEPTH', packDepth),
    constant(undefined, 'PACK_COLUMNS', packColumns),
    constant('Columns that one task of a sum over rows adds up.', 'REDUCED_COLUMNS', reducedColumns),
    enumeration('How a weight is stored.', 'Format', weightFormats),
    enumeration('What a product does last.', 'Activation', activations),
    enumeration(undefined, 'BinaryOperation', binaryOperations),
    enumeration(undefined, 'UnaryOperation', unaryOperations),
    enumeration('Steps of a decoder token.', 'Step', decoderSteps),
    enumeration('Kinds of jobs.', 'Job', jobKinds),
    ...[...layouts].map(classOf),
  ].join('\n\n')}\n`;
}

function comment(about: string | undefined, indent = ''): string {
  return about ? `${indent}/** ${about} */\n` : '';
}

function constant(about: string | undefined, name: string, value: number): string {
  return `${comment(about)}export const ${name}: usize = ${value};`;
}

function enumeration(about: string | undefined, name: string, values: readonly string[]): string {
  const lines = values.map((value, i) => `  ${value} = ${i},`);
  return `${comment(about)}export const enum ${name} {\n${lines.join('\n')}\n}`;
}

function classOf(layout: AnyLayout): string {
  const { name, about, base, fields, parts } = layout;
  const own = [...fields].filter(([field]) => !base?.fields.has(field));
  const lines = own.map(([field, { type, about }]) => `${comment(about, '  ')}  ${field}: ${type};`);
  const heritage = base ? ` extends ${base.name}` : '';
  const record = `${comment(about)}@unmanaged\nexport class ${name}${heritage} {\n${lines.join('\n')}\n}`;
  if (parts.size === 0) return record;
  const places = [...partOffsets(layout)].map(
    ([part, word]) => `export const ${upperSnake(`${name}_${part}`)}: usize = ${4 * word};`,
  );
  const bytes = `export const ${upperSnake(name)}_BYTES: usize = ${4 * wordCount(layout)};`;
  const where = `/** Bytes from a ${name} to each of the records that belong to it, and to its end. */`;
  return [record, '', where, ...places, bytes].join('\n');
}
