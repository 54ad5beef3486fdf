/** Where the renderer's wasm and its fonts come from. */
export interface RendererFiles {
  readonly wasm: () => Promise<Uint8Array>;
  /** @param face `DejaVuSans`, `DejaVuSans-Bold`, … */
  readonly font: (face: string) => Promise<Uint8Array>;
}
