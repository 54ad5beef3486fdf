import { Job } from './layouts';
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

/** One task of a job of some kind. */
export function runTask(kind: i32, job: usize, task: usize, scratch: usize): void {
  switch (kind) {
    case Job.product:
      return productTask(job, task, scratch + TABLE_BYTES);
    case Job.copy:
      return copyTask(job, task);
    case Job.gather:
      return gatherTask(job, task);
    case Job.binary:
      return binaryTask(job, task);
    case Job.unary:
      return unaryTask(job, task, scratch);
    case Job.reduceRows:
      return reduceRowsTask(job, task);
    case Job.sumColumns:
      return sumColumnsTask(job, task);
    case Job.softmax:
      return softmaxTask(job, task, scratch);
    case Job.softmaxGradient:
      return softmaxGradientTask(job, task);
    case Job.rmsNorm:
      return rmsNormTask(job, task);
    case Job.rmsNormGradient:
      return rmsNormGradientTask(job, task);
    case Job.swiGlu:
      return swiGluTask(job, task, scratch);
    case Job.swiGluGradient:
      return swiGluGradientTask(job, task, scratch);
    case Job.rotary:
      return rotaryTask(job, task);
    case Job.adam:
      return adamTask(job, task);
    case Job.pack:
      return packTask(job, task, scratch + TABLE_BYTES);
    case Job.permute:
      return permuteTask(job, task);
    case Job.attention:
      return attentionTask(job, task, scratch);
    case Job.attentionGradient:
      return attentionGradientTask(job, task, scratch);
    case Job.attentionPrefix:
      return attentionPrefixTask(job, task);
    case Job.decoderToken:
      return decoderTokenTask(job, task, scratch);
    case Job.narrow:
      return narrowTask(job, task, scratch + TABLE_BYTES);
    case Job.weightRows:
      return weightRowsTask(job, task);
    case Job.operand:
      return operandTask(job, task);
    case Job.decoderStep:
      return decoderStepTask(job, task, scratch);
  }
}
