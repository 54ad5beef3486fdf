/** What a prompt takes of a model. */
export interface PromptSize {
  readonly tokens: number;
  /** Patches that the vision tower sees. */
  readonly patches: number;
}

/** In which numbers a model is held and computed. */
export interface Arithmetic<Format extends string = string> {
  /** Left out: as the files have them where the engine can multiply them so, otherwise float32. */
  readonly weights?: Format;
  readonly activations: 'float32' | 'bfloat16';
  /** Keys and values while sampling. */
  readonly cache: 'float32' | 'bfloat16';
}

/** The work of a model, whatever the engine. */
export interface ModelTask<Format extends string = string> {
  readonly arithmetic: Arithmetic<Format>;
  /** What is trained: nothing, adapters, all outside the vision tower, or all. */
  readonly trained: 'nothing' | { readonly rank: number } | 'text' | 'all';
  /** A second model in memory, against which the trained one is compared. */
  readonly reference: boolean;
  /** The largest prompt, as far as it is known. */
  readonly prompt: PromptSize;
  /** Prompts sampled at once, with the completions of each; none for scoring alone. */
  readonly sampling?: { readonly prompts: number; readonly completions: number; readonly tokens: number };
  /** What goes through the model in one pass: groups of completions, and views with a gradient beside the picture itself. */
  readonly scoring?: {
    readonly prompts: number;
    readonly completions: number;
    readonly tokens: number;
    readonly views: number;
  };
}

/** Bytes that a model takes at its widest, by what takes them; the process around it is not counted. */
export interface ModelFootprint<Format extends string = string> {
  readonly parameters: number;
  /** Numbers trained. */
  readonly trained: number;
  /** How frozen weights are held. */
  readonly weights: Format;
  /** Weights of all models, frozen or trained. */
  readonly held: number;
  /** Gradients and Adam's moments. */
  readonly training: number;
  /** Keys, values and activations while sampling. */
  readonly sampling: number;
  /** Activations and logits of a pass. */
  readonly scoring: number;
}

/** What a model takes of a machine's memory, known before its weights are read. */
export interface Capacity<Prompt, Format extends string = string> {
  /**
   * The bytes of a use of the model; a pure function, so that other settings can be tried.
   *
   * @param workload with `packed`, whether the engine multiplies weights other than float32.
   */
  footprint(workload: ModelTask<Format> & { readonly packed: boolean }): ModelFootprint<Format>;
  sizeOf(prompt: Prompt): PromptSize;
  /** The adapter that the source holds; it decides rank and alpha, whatever the settings. */
  readonly adapter?: { readonly rank: number; readonly alpha: number } | undefined;
}
