import { readFileSync } from 'node:fs';
import { candidates, schemaWords } from '@cppo/checked-options';
import type { Command } from 'commander';
import { completionScript } from '../built-files.js';
import { configJsonSchema } from '../config/json-schema.js';
import { presets } from '../config/presets.js';

/** `cppo completion`: the script that teaches a shell to complete `cppo`. */
export async function completion(shell: string): Promise<void> {
  process.stdout.write(readFileSync(completionScript(shell)));
}

/** `cppo complete`, which those scripts call: what could stand for the last of the words. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const found = await candidates(program, words, schemaWords(configJsonSchema, Object.keys(presets)));
  const lines =
    typeof found === 'string'
      ? [`:${found}`]
      : found.map(({ word, description }) => `${word}\t${description}`);
  if (lines.length > 0) console.log(lines.join('\n'));
}
