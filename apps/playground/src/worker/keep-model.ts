import type { FileSink, JsonObject, QwenPolicy } from '@cppo/policy-qwen';
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js';

/** The folder in the archive, as a run directory has it. */
const folder = 'model';

/**
 * A model as a zip archive of its Hugging Face directory, in bfloat16 as `cppo train` saves it. Weights stand in it as
 * they are: they hardly become smaller.
 *
 * @param notes what it was trained with.
 */
export async function keepModel(policy: QwenPolicy, notes: JsonObject): Promise<Blob> {
  const archive = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false });
  const add = (name: string, content: Blob, level: number) =>
    archive.add(`${folder}/${name}`, new BlobReader(content), { level });
  const sink: FileSink = {
    async write(name, content) {
      await add(name, new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), 6);
    },
    async create(name) {
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      return {
        async append(bytes) {
          pieces.push(new Uint8Array(bytes));
        },
        async close() {
          await add(name, new Blob(pieces), 0);
        },
      };
    },
  };
  await policy.save(sink, { notes });
  return archive.close();
}
