import * as tf from '@tensorflow/tfjs-core';

/** Gradients by name of the variable, added up over micro-batches. */
export class GradientSums {
  readonly gradients: Record<string, tf.Tensor> = {};

  /** Takes the gradients over: they are disposed here. */
  add(gradients: Readonly<Record<string, tf.Tensor>>): void {
    for (const [name, gradient] of Object.entries(gradients)) {
      const before = this.gradients[name];
      if (before === undefined) {
        this.gradients[name] = gradient;
      } else {
        this.gradients[name] = tf.add(before, gradient);
        tf.dispose([before, gradient]);
      }
    }
  }

  dispose(): void {
    for (const name of Object.keys(this.gradients)) {
      this.gradients[name]!.dispose();
      delete this.gradients[name];
    }
  }
}
