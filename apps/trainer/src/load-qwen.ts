import { type LoadOptions, QwenEncoder, QwenPolicy } from '@cppo/policy-qwen';
import { Progress } from '@cppo/training';
import { hubAccess } from './hub-access.js';
import { refuseRun } from './not-a-model.js';

/** Below this a model is there before a bar could be read. */
const quick = 2 ** 26;

/** Opens a model without its weights. @throws RangeError when it is a run, or cannot be opened. */
export async function openQwen(source: string): Promise<QwenEncoder> {
  refuseRun(source);
  return QwenEncoder.open(source, hubAccess());
}

/** Loads a model, from the hub where it is no directory, and shows how far that is when it takes long. */
export async function loadQwen(source: string, options: LoadOptions = {}): Promise<QwenPolicy> {
  refuseRun(source);
  const download = byteProgress('download, MB');
  const reading = byteProgress('model, MB');
  try {
    return await QwenPolicy.load(source, {
      ...hubAccess(),
      ...options,
      onDownload: ({ bytesDone, bytesTotal, file }) => download.update(bytesDone, bytesTotal, file),
      onProgress: ({ bytesRead, bytesTotal, name }) => reading.update(bytesRead, bytesTotal, name),
    });
  } finally {
    download.stop();
    reading.stop();
  }
}

function byteProgress(title: string) {
  const megabytes = (bytes: number) => Math.floor(bytes / 1e6);
  let shown: Progress | undefined;
  return {
    update(done: number, total: number, name: string): void {
      if (total < quick) return;
      shown ??= new Progress(title, megabytes(total), { first: megabytes(done) });
      shown.update(megabytes(done), name);
    },
    stop(): void {
      shown?.stop();
    },
  };
}
