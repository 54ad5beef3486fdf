import type { WeightFormat } from '@cppo/policy-qwen/formats';
import type { Arithmetic as ArithmeticOf } from '@cppo/training';

/** In which numbers a model is held and computed. */
export type Arithmetic = ArithmeticOf<WeightFormat>;
