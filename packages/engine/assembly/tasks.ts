import { productTask } from './gemm';

/** Kinds of jobs; src/wasm/kernel-module.ts has the same list. */
const PRODUCT: i32 = 0;

/** One task of a job. */
export function runTask(kind: i32, job: usize, task: usize, scratch: usize): void {
  switch (kind) {
    case PRODUCT:
      productTask(job, task, scratch);
      break;
  }
}
