/** What a file begins with that Git has put in the place of a large one (git-lfs/docs/spec.md). */
const pointer = 'version https://git-lfs.github.com/spec/';

/** Bytes from a file's beginning that tell whether it is such a pointer. */
export const pointerLength = pointer.length;

/** Whether a file that begins so is only a pointer of Git LFS. */
export function isGitLfsPointer(head: Uint8Array): boolean {
  return Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1').startsWith(pointer);
}
