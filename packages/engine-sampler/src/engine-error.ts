/** A server could not be reached, refused, or answered what cannot be trained on. Its message is one sentence. */
export class EngineError extends Error {
  override name = 'EngineError';
}

/** One that may be over in a moment: the same question can be put again, also to another server. */
export class PassingError extends EngineError {}
