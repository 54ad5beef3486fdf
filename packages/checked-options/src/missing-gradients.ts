/** The error for a gradient that is asked of a TensorFlow.js in which none are registered. */
export function missingGradients(caller: string): Error {
  return new Error(
    `${caller}: TensorFlow.js has no gradients registered, so that nothing can be differentiated: ` +
      "import '@tensorflow/tfjs' once, or start an engine of @cppo/engine; @tensorflow/tfjs-core and a backend alone have none.",
  );
}
