import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '@cppo/run';
import { createRepo, HubApiError, uploadFiles } from '@huggingface/hub';
import { hubAccess } from '../hub-access.js';

/**
 * Where a directory is pushed to.
 *
 * @throws UserError, before any work, for a name that is none, and where there is no token.
 */
export function pushTarget(name: string): { name: string; token: string } {
  if (!/^[\w.-]+\/[\w.-]+$/.test(name))
    throw new UserError(`--push: found ${JSON.stringify(name)}, expected owner/name.`);
  const { token } = hubAccess();
  if (token === undefined) {
    throw new UserError(`--push: found no HF_TOKEN, expected a token that may write to ${name}.`);
  }
  if (!token.startsWith('hf_'))
    throw new UserError('--push: found another word in HF_TOKEN, expected one that begins with hf_.');
  return { name, token };
}

/**
 * Puts the files of a directory on the hub in one commit; the repository is made where there is none.
 *
 * @returns where it is.
 */
export async function push(
  directory: string,
  { name, token }: ReturnType<typeof pushTarget>,
  options: { readonly private: boolean; readonly title: string },
): Promise<string> {
  const { hubUrl = 'https://huggingface.co' } = hubAccess();
  const target = { repo: { type: 'model', name }, accessToken: token, hubUrl } as const;
  try {
    await createRepo({ ...target, visibility: options.private ? 'private' : 'public' }).catch((error) => {
      // It is there already.
      if (!(error instanceof HubApiError) || error.statusCode !== 409) throw error;
    });
    await uploadFiles({
      ...target,
      commitTitle: options.title,
      files: readdirSync(directory).map((file) => ({
        path: file,
        content: pathToFileURL(join(directory, file)),
      })),
    });
  } catch (error) {
    if (error instanceof HubApiError) {
      throw new UserError(
        `--push: ${hubUrl} answered ${error.statusCode} for ${name} (${error.message}); ${directory} is written.`,
      );
    }
    // What fetch says of a place that cannot be reached.
    if (error instanceof TypeError && error.cause !== undefined) {
      throw new UserError(`--push: ${hubUrl} cannot be reached (${error.message}); ${directory} is written.`);
    }
    throw error;
  }
  return `${hubUrl}/${name}`;
}
