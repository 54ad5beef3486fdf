import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const run = promisify(execFile);
const bash = await run('bash', ['-c', '(( BASH_VERSINFO >= 5 ))']).then(
  () => true,
  () => false,
);

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-completion-'));
  writeFileSync(join(root, 'cppo'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(root, 'cppo'), 0o755);
  mkdirSync(join(root, 'work', 'runs'), { recursive: true });
  writeFileSync(join(root, 'work', 'photo.png'), '');
});
afterAll(() => rmSync(root, { recursive: true }));

/** What the function offers at the end of a line whose words are broken as readline breaks them; `compopt` is told as `:option`. */
async function offered(line: string): Promise<string[]> {
  const script = [
    `PATH='${root}${delimiter}'$PATH`,
    `eval "$(cppo completion bash)"`,
    `COMP_LINE=$1; COMP_POINT=\${#1}`,
    `compopt() { echo ":$2"; }`,
    `rest=$1; COMP_WORDS=()`,
    `while [[ -n $rest ]]; do`,
    `  if [[ $rest =~ ^[[:space:]]+ ]]; then rest=\${rest:\${#BASH_REMATCH}}; continue; fi`,
    `  if [[ $rest =~ ^[=:]+ || $rest =~ ^[^[:space:]=:]+ ]]; then COMP_WORDS+=("$BASH_REMATCH"); rest=\${rest:\${#BASH_REMATCH}}; fi`,
    `done`,
    `[[ $1 == *[[:space:]] ]] && COMP_WORDS+=("")`,
    `COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))`,
    `_cppo`,
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const { stdout } = await run('bash', ['-c', script, 'bash', line], { cwd: join(root, 'work') });
  return stdout.split('\n').filter((each) => each !== '');
}

describe.skipIf(!bash)('completion in bash', () => {
  it.each([
    ['cppo tr', ['train']],
    ['cppo bench s', ['sheet', 'speed']],
    ['cppo train --dr', ['--dry-run']],
    ['cppo train --preset tin', ['tiny']],
    ['cppo train --set objective.ty', [':nospace', 'objective.type=']],
    // The part before = stays as it is: bash replaces the last piece only.
    ['cppo train --set objective.type=pa', ['papo']],
    ['cppo train --set objective.type=', ['cppo', 'grpo', 'papo', 'vppo']],
    ['cppo train --steps 3 --set freezeVision=t', ['true']],
    ['cppo export --dtype b', ['bfloat16']],
    ['cppo export --dtype=fl', ['float32']],
    ['cppo inspect --image ', [':default']],
    ['cppo report --run ', [':dirnames']],
    ['cppo completion f', ['fish']],
    ['cppo nonsense --', ['--debug', '--help', '--version']],
  ])('%s', async (line, expected) => {
    expect((await offered(line)).sort()).toEqual([...expected].sort());
  });

  it('lets bash complete names of files and directories by itself', async () => {
    const interactive = [
      `PATH='${root}${delimiter}'$PATH; eval "$(cppo completion bash)"`,
      `complete -p cppo`,
      `bash -n <(cppo completion bash) && echo parses`,
    ].join('; ');
    const { stdout } = await run('bash', ['-c', interactive]);
    expect(stdout).toBe('complete -F _cppo cppo\nparses\n');
  });

  it('offers every command that --help lists', async () => {
    const { stdout } = await run(process.execPath, [program, '--help']);
    const listed = [
      ...stdout
        .split('Commands:\n')[1]!
        .split('\n\n')[0]!
        .matchAll(/^ {2}(\w+)/gm),
    ].map(([, name]) => name!);
    expect(listed).toContain('watch');
    expect(listed).not.toContain('complete');
    expect((await offered('cppo ')).sort()).toEqual(listed.sort());
  });
});
