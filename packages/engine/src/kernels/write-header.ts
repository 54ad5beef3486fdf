import { adamOperation } from './adam.js';
import { attentionGradientOperation, attentionOperation } from './attention.js';
import { decoderTokenPlan, layerPlan, weightPlan } from './decoder-token.js';
import { type AnyLayout, partOffsets, wordCount } from './layout.js';
import type { Operation } from './operation.js';
import {
  nf4Block,
  nf4Values,
  packedInputGradientOperation,
  packedProductOperation,
  packedRowsOperation,
  packOperation,
  weightFormats,
} from './packed-weight.js';
import {
  rmsNormGradientOperation,
  rmsNormOperation,
  rotaryOperation,
  softmaxGradientOperation,
  softmaxOperation,
  swiGluGradientOperation,
  swiGluOperation,
} from './rows.js';
import { upperSnake } from './upper-snake.js';

/** The operations of native kernels. */
export const operations: readonly Operation[] = [
  ...[rmsNormOperation, rmsNormGradientOperation, swiGluOperation, swiGluGradientOperation],
  ...[rotaryOperation, softmaxOperation, softmaxGradientOperation, adamOperation],
  ...[attentionOperation, attentionGradientOperation],
  ...[packedProductOperation, packedInputGradientOperation, packedRowsOperation, packOperation],
];

/** `native/layouts.h`: what native kernels share with those who call them. */
export function writeHeader(): string {
  const formats = weightFormats.map((format) => format.toUpperCase());
  const values = nf4Values.map((value) => `    ${Number.isInteger(value) ? value.toFixed(1) : value}f,`);
  return `${[
    '#pragma once\n#include <cstdint>',
    '// Made from src/kernels/ by tools/generate-kernels.ts; do not edit. A test writes it again and compares.',
    'namespace cppo {',
    `/** How a weight is stored. */\nenum Format { ${formats.join(', ')} };`,
    `/** Numbers of nf4 that share a scale. */\nconstexpr int64_t NF4_BLOCK = ${nf4Block};`,
    ['inline constexpr float NF4_VALUES[16] = {', ...values, '};'].join('\n'),
    '// Operations: their inputs and outputs by number, and what the input NUMBERS holds.\n\nnamespace layout {',
    ...operations.map(structOf),
    '// Records of whole numbers: the place of each, of the records within, and how long they are.',
    ...[weightPlan, layerPlan, decoderTokenPlan].map(enumOf),
    '}  // namespace layout\n}  // namespace cppo',
  ].join('\n\n')}\n`;
}

function structOf({ name, inputs, numbers, outputs }: Operation): string {
  const all = numbers.length > 0 ? { ...inputs, numbers: 'float' as const } : inputs;
  const enumOf = (what: string, names: readonly string[]) =>
    names.length > 0 ? [`  enum ${what} { ${names.map(upperSnake).join(', ')} };`] : [];
  const definitions = (what: string, operands: Operation['inputs']) => {
    const texts = Object.entries(operands).map(([operand, type]) => `"${snake(operand)}: ${type}"`);
    return `  static constexpr const char* ${what}[] = {${texts.join(', ')}};`;
  };
  return [
    `struct ${name.replace('Cppo', '')} {`,
    `  static constexpr const char* name = "${name}";`,
    ...enumOf('Input', Object.keys(all)),
    ...enumOf('Number', numbers),
    definitions('inputs', all),
    definitions('outputs', outputs),
    '};',
  ].join('\n');
}

function snake(name: string): string {
  return upperSnake(name).toLowerCase();
}

function enumOf(layout: AnyLayout): string {
  const { name, about, fields, parts } = layout;
  const lines = [...fields.keys()].map((field) => `    ${upperSnake(field)},`);
  const places = [...partOffsets(layout)].map(([part, word]) => `    ${upperSnake(part)} = ${word},`);
  const what = parts.size > 0 && about ? `/** ${about} */\n` : '';
  const length = `    LENGTH = ${wordCount(layout)},`;
  return `${what}struct ${name} {\n  enum Place {\n${[...lines, ...places, length].join('\n')}\n  };\n};`;
}
