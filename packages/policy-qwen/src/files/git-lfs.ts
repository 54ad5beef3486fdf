/** What a file begins with that Git has put in the place of a large one (git-lfs/docs/spec.md). */
export const gitLfsPointer = 'version https://git-lfs.github.com/spec/';

/** The error for a file that is only such a pointer. */
export function notFetched(file: string): RangeError {
  return new RangeError(
    `${file} is a pointer of Git LFS, not the file itself; run "git lfs pull" where it was cloned, or download it.`,
  );
}
