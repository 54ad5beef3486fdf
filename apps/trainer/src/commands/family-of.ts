import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '@cppo/run';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { componentSchema, type PolicyFamily, policies, policyFamily } from '../components/index.js';
import { modelSource } from '../model-source.js';

const schema = componentSchema(policies, './my-policy.ts');
type PolicySpec = z.output<typeof schema>;

/**
 * The family of a model: the one that the command line names, or that of the run which the model lies in; else the built-in one.
 *
 * @param asked a name, a module, or `{module: …, option: value}`.
 */
export async function familyOf(model: string, asked: string | undefined): Promise<PolicyFamily> {
  if (asked !== undefined) return policyFamily(specOf(asked), '--policy');
  const run = runAround(resolve(modelSource(model)));
  if (run !== undefined && run.policy !== 'qwen') {
    console.error(`cppo: the policy is that of the run ${run.directory}.`);
    return policyFamily(run.policy);
  }
  return policyFamily('qwen');
}

function specOf(text: string): PolicySpec {
  const read = schema.safeParse(text.trimStart().startsWith('{') ? yamlOf(text) : text);
  if (read.success) return read.data;
  const expected = read.error.issues[0]?.message ?? 'a policy';
  throw new UserError(`--policy: found ${JSON.stringify(text)}, expected ${expected}.`);
}

function yamlOf(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    const [first = ''] = (error as Error).message.split('\n');
    throw new UserError(`--policy: found ${text}, which is not YAML (${first.replace(/:$/, '')}).`);
  }
}

/** The run whose trained model, or model of a checkpoint, a directory is. */
function runAround(model: string): { readonly directory: string; readonly policy: PolicySpec } | undefined {
  for (const above of ['..', join('..', '..', '..')]) {
    const directory = join(model, above);
    const policy = policyOfRun(directory);
    if (policy !== undefined) return { directory, policy };
  }
  return undefined;
}

function policyOfRun(directory: string): PolicySpec | undefined {
  const file = join(directory, 'config.json');
  if (!existsSync(file)) return undefined;
  try {
    const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof config !== 'object' || config === null) return undefined;
    if (!('objective' in config && 'rollout' in config && 'policy' in config)) return undefined;
    return schema.safeParse(config.policy).data;
  } catch {
    return undefined;
  }
}
