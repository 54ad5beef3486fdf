/** An image as the vision tower takes it. */
export interface EncodedImage {
  /** [t·h·w · channels·temporalPatch·patch²] normalised patches, four of one 2×2 merge unit after each other. */
  readonly pixels: Float32Array;
  /** Frames, rows and columns of patches. */
  readonly grid: readonly [number, number, number];
}

/** A prompt ready for the model: the token ids with their images and multimodal rotary positions. */
export interface EncodedPrompt {
  /** [T] token ids; every image is as many image tokens as it has merge units. */
  readonly ids: Int32Array;
  readonly images: readonly EncodedImage[];
  /** [3·T] time, height and width position of every token. */
  readonly positions: Int32Array;
  /** Position of the token after the prompt, minus T: token number L of the whole sequence has position L + ropeDelta. */
  readonly ropeDelta: number;
}
