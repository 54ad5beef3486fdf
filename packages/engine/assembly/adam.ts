import { AdamStep } from './layouts';

/**
 *   m' = m + (1 − β₁)·(g − m),   v' = β₂·v + (1 − β₂)·g²
 *   w' = w·keep − stepSize · m' / (√v'·rootCorrection + ε)
 */
export function adamTask(job: usize, task: usize): void {
  const work = changetype<AdamStep>(job);
  const end = min(work.size, (task + 1) * work.sizePerTask);
  let i = task * work.sizePerTask;
  const blend = f32x4.splat(1 - work.beta1);
  const beta2 = f32x4.splat(work.beta2);
  const fresh = f32x4.splat(1 - work.beta2);
  const epsilon = f32x4.splat(work.epsilon);
  const stepSize = f32x4.splat(work.stepSize);
  const correction = f32x4.splat(work.rootCorrection);
  const keep = f32x4.splat(work.keep);
  for (; i + 4 <= end; i += 4) {
    const at = i * 4;
    const g = v128.load(work.gradient + at);
    let m = v128.load(work.first + at);
    m = f32x4.add(m, f32x4.mul(blend, f32x4.sub(g, m)));
    let v = v128.load(work.second + at);
    v = f32x4.add(f32x4.mul(beta2, v), f32x4.mul(fresh, f32x4.mul(g, g)));
    v128.store(work.newFirst + at, m);
    v128.store(work.newSecond + at, v);
    const step = f32x4.div(f32x4.mul(stepSize, m), f32x4.add(f32x4.mul(f32x4.sqrt(v), correction), epsilon));
    v128.store(work.newVariable + at, f32x4.sub(f32x4.mul(v128.load(work.variable + at), keep), step));
  }
  for (; i < end; i++) {
    const at = i * 4;
    const g = load<f32>(work.gradient + at);
    let m = load<f32>(work.first + at);
    m += (1 - work.beta1) * (g - m);
    const v = work.beta2 * load<f32>(work.second + at) + (1 - work.beta2) * (g * g);
    store<f32>(work.newFirst + at, m);
    store<f32>(work.newSecond + at, v);
    const step = (work.stepSize * m) / (sqrt<f32>(v) * work.rootCorrection + work.epsilon);
    store<f32>(work.newVariable + at, load<f32>(work.variable + at) * work.keep - step);
  }
}
