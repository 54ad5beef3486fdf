import { QwenEncoder, QwenPolicy, qwenCapacity } from '@cppo/policy-qwen';
import { refuseRun } from '@cppo/run';
import { Progress } from '@cppo/training';
import { hubAccess } from '../hub-access.js';
import type { PolicyFamily } from './policy.js';

/** Below this a model is there before a bar could be read. */
const quick = 2 ** 26;

/** Qwen2.5-VL: from a directory, or from the hub where it is none, with a bar where that takes long. */
export const qwen: PolicyFamily = {
  async load(source, options, { encoder } = {}) {
    refuseRun(source);
    const download = byteProgress('download, MB');
    const reading = byteProgress('model, MB');
    try {
      return await QwenPolicy.load(source, {
        ...hubAccess(),
        ...options,
        ...(encoder instanceof QwenEncoder && { encoder }),
        onDownload: ({ bytesDone, bytesTotal, file }) => download.update(bytesDone, bytesTotal, file),
        onProgress: ({ bytesRead, bytesTotal, name }) => reading.update(bytesRead, bytesTotal, name),
      });
    } finally {
      download.stop();
      reading.stop();
    }
  },
  async encoder(source) {
    refuseRun(source);
    return QwenEncoder.open(source, hubAccess());
  },
  capacity: (source, encoder) => qwenCapacity(source, encoder instanceof QwenEncoder ? encoder : undefined),
};

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
