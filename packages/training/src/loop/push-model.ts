import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '@cppo/run';

/** How the hub is reached. */
export interface HubAccess {
  readonly token?: string;
  readonly hubUrl?: string;
}

/** Where a directory is pushed to. */
export interface PushTarget {
  /** owner/name. */
  readonly name: string;
  readonly token: string;
  readonly hubUrl: string;
}

/**
 * Checks where a directory is to be pushed to.
 *
 * @param name owner/name.
 * @param access token and address of the hub.
 * @returns the place.
 * @throws UserError, before any work, for a name that is none, and where there is no token.
 */
export function pushTarget(
  name: string,
  { token, hubUrl = 'https://huggingface.co' }: HubAccess,
): PushTarget {
  if (!/^[\w.-]+\/[\w.-]+$/.test(name))
    throw new UserError(`--push: found ${JSON.stringify(name)}, expected owner/name.`);
  if (token === undefined) {
    throw new UserError(`--push: found no HF_TOKEN, expected a token that may write to ${name}.`);
  }
  if (!token.startsWith('hf_'))
    throw new UserError('--push: found another word in HF_TOKEN, expected one that begins with hf_.');
  return { name, token, hubUrl };
}

/**
 * Puts the files of a directory on the hub in one commit; the repository is made where there is none.
 *
 * @param directory of a model.
 * @param target where it goes.
 * @param commit its title, and whether a repository that is made is private.
 * @returns where it is.
 */
export async function pushModel(
  directory: string,
  { name, token, hubUrl }: PushTarget,
  commit: { readonly private: boolean; readonly title: string },
): Promise<string> {
  const { createRepo, HubApiError, uploadFiles } = await import('@huggingface/hub');
  const target = { repo: { type: 'model', name }, accessToken: token, hubUrl } as const;
  try {
    await createRepo({ ...target, visibility: commit.private ? 'private' : 'public' }).catch((error) => {
      // It is there already.
      if (!(error instanceof HubApiError) || error.statusCode !== 409) throw error;
    });
    await uploadFiles({
      ...target,
      commitTitle: commit.title,
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
