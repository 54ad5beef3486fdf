import { QwenEncoder, QwenPolicy, qwenCapacity } from '@cppo/policy-qwen';
import { refuseRun } from '@cppo/run';
import { ByteProgress } from '@cppo/training';
import { hubAccess } from '../hub-access.js';
import type { PolicyFamily } from './policy.js';

/** Qwen2.5-VL: from a directory, or from the hub where it is none, with a bar where that takes long. */
export const qwen: PolicyFamily = {
  async load(source, options, { encoder } = {}) {
    refuseRun(source);
    const download = new ByteProgress('download, MB');
    const reading = new ByteProgress('model, MB');
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
