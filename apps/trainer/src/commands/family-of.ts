import { resolve } from 'node:path';
import { runAround, UserError } from '@cppo/run';
import { componentSchema } from '@cppo/training';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { type PolicyFamily, policies, policyFamily } from '../components/index.js';
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
  const policy = schema.safeParse(run?.config.policy).data;
  if (run !== undefined && policy !== undefined && policy !== 'qwen') {
    console.error(`cppo: the policy is that of the run ${run.directory}.`);
    return policyFamily(policy);
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
