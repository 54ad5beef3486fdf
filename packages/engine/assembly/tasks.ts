import { adamTask } from './adam';
import { attentionGradientTask, attentionPrefixTask, attentionTask } from './attention';
import { copyTask, gatherTask, permuteTask } from './copy';
import { decoderStepTask, decoderTokenTask } from './decoder-token';
import { binaryTask, unaryTask } from './elementwise';
import { packTask, productTask } from './gemm';
import { narrowTask } from './narrow';
import { reduceRowsTask, sumColumnsTask } from './reduce';
import { rmsNormGradientTask, rmsNormTask } from './rms-norm';
import { rotaryTask } from './rotary';
import { softmaxGradientTask, softmaxTask } from './softmax';
import { swiGluGradientTask, swiGluTask } from './swiglu';
import { TABLE_BYTES } from './tile';
import { operandTask, weightRowsTask } from './weight-rows';

/** One task of a job of some kind; src/wasm/kernel-module.ts lists the kinds by name. */
export function runTask(kind: i32, job: usize, task: usize, scratch: usize): void {
  switch (kind) {
    case 0:
      return productTask(job, task, scratch + TABLE_BYTES);
    case 1:
      return copyTask(job, task);
    case 2:
      return gatherTask(job, task);
    case 3:
      return binaryTask(job, task);
    case 4:
      return unaryTask(job, task, scratch);
    case 5:
      return reduceRowsTask(job, task);
    case 6:
      return sumColumnsTask(job, task);
    case 7:
      return softmaxTask(job, task, scratch);
    case 8:
      return softmaxGradientTask(job, task);
    case 9:
      return rmsNormTask(job, task);
    case 10:
      return rmsNormGradientTask(job, task);
    case 11:
      return swiGluTask(job, task, scratch);
    case 12:
      return swiGluGradientTask(job, task, scratch);
    case 13:
      return rotaryTask(job, task);
    case 14:
      return adamTask(job, task);
    case 15:
      return packTask(job, task, scratch + TABLE_BYTES);
    case 16:
      return permuteTask(job, task);
    case 17:
      return attentionTask(job, task, scratch);
    case 18:
      return attentionGradientTask(job, task, scratch);
    case 19:
      return attentionPrefixTask(job, task);
    case 20:
      return decoderTokenTask(job, task, scratch);
    case 21:
      return narrowTask(job, task, scratch + TABLE_BYTES);
    case 22:
      return weightRowsTask(job, task);
    case 23:
      return operandTask(job, task);
    case 24:
      return decoderStepTask(job, task, scratch);
  }
}
