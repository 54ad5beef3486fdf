import type { Gate } from '@cppo/cppo';
import type {
  AdvantageOptions,
  ImportanceWeightOptions,
  KlTermOptions,
  LearningRateOptions,
  PapoTermOptions,
  PolicyTermOptions,
  VppoTermOptions,
} from '@cppo/grpo';

/** What may be left out; then the function that it is handed to takes its own default. */
type Open<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Numeric settings of a step. */
export interface StepSettings {
  /** Seed of everything that is drawn. */
  readonly seed: number;
  /** Of the whole run: schedules end with them. */
  readonly steps: number;
  readonly rollout: RolloutSettings;
  readonly reward?: {
    /** A completion whose verdict takes longer is not judged. Never when left out. */
    readonly timeoutSeconds?: number;
  };
  readonly objective: ObjectiveSettings;
  readonly optimizer: UpdateSettings;
  /** Groups per forward and backward pass; changes memory, not results. */
  readonly microBatch: number;
  /** Draw the views of a sample anew each epoch, or once. Default true. */
  readonly redrawViews?: boolean;
}

export interface RolloutSettings {
  /** Prompts (groups) a step. */
  readonly prompts: number;
  /** G, completions a prompt. */
  readonly completions: number;
  /** Longest completion, tokens. */
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  /** How often a step may draw further prompts in place of groups whose rewards are all equal. Default 0. */
  readonly refills?: number;
  /** Steps whose completions are sampled before their turn, while the step before is computed: 0, the default, or 1. */
  readonly ahead?: number;
  /** Prompts sampled together; all of the step when left out. */
  readonly batch?: number | undefined;
}

export interface ObjectiveSettings {
  /** cppo: GRPO and the contrastive perception loss; or grpo, papo, vppo. */
  readonly type: 'cppo' | 'grpo' | 'papo' | 'vppo';
  readonly policy?: Open<Omit<PolicyTermOptions, 'name' | 'maxLength' | 'importance'>> & {
    /** Of completions that were sampled elsewhere; null leaves them uncorrected. */
    readonly importance?: ImportanceWeightOptions | null | undefined;
    readonly advantageBaseline?: NonNullable<AdvantageOptions['baseline']>;
    readonly advantageScale?: NonNullable<AdvantageOptions['scale']>;
  };
  /** Where there is a reference policy. */
  readonly kl?: Pick<KlTermOptions<unknown>, 'coefficient' | 'kind'>;
  /** η, weight of an entropy bonus; 0, the default, leaves it out. */
  readonly entropyBonus?: number;
  readonly cppo?: CppoSettings;
  readonly papo?: Omit<PapoTermOptions, 'name' | 'view' | 'truncated'>;
  readonly vppo?: Pick<VppoTermOptions, 'share' | 'smallestScale'>;
}

/** The numbers of the contrastive perception loss; see `CppoOptions` of `@cppo/cppo`. */
export interface CppoSettings {
  /** λ; or the share of the norm of the other terms' gradient at which the norm of its own is held. */
  readonly coefficient?: number | { readonly share: number };
  /** τ of the InfoNCE. */
  readonly tau?: number;
  /** Default `advantage`. */
  readonly gate?: Gate;
  /** Chance with which a group behind the gate carries the loss. */
  readonly share?: number;
  readonly tokens?: 'detected' | 'all' | 'random' | 'known';
  /** ρ, share of the image-dependent tokens taken as perception tokens. */
  readonly ratio?: number;
  /** As the detector takes it when left out. */
  readonly score?: 'relative' | 'absolute' | undefined;
  readonly base?: 'positive' | 'all';
  readonly rounding?: 'floor' | 'ceil';
  readonly ties?: 'keep' | 'exact';
  /** Passes that carry its gradient; all when left out. */
  readonly gradients?: readonly ('anchor' | 'positive' | 'negative')[];
}

export interface UpdateSettings {
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly schedule?: NonNullable<LearningRateOptions['schedule']>;
  readonly warmupSteps?: number;
  /** Gradients are clipped to this global norm. */
  readonly maxGradientNorm?: number;
  /** Groups of one update; all of the step when left out. */
  readonly miniBatch?: number | undefined;
  /** How often a step goes through its groups. */
  readonly epochs?: number;
}

/** Further settings of a run: evaluations, checkpoints, and how samples are shown. */
export interface TrainingSettings extends StepSettings {
  readonly data: NotedSettings['data'];
  readonly evaluation: {
    /** Held-out questions. */
    readonly questions: number;
    /** k of avg@k. */
    readonly samples: number;
    readonly temperature: number;
    /** Steps between evaluations while it trains, which also follow its last step; 0, the default, evaluates only before and after. */
    readonly every?: number;
    /** Evaluations in a row without a higher accuracy after which the run ends early; 0, the default, never. */
    readonly patience?: number;
  };
  readonly checkpoint: {
    /** Steps between checkpoints; one is also written at the end and on Ctrl-C. */
    readonly every: number;
    /** Checkpoints kept. */
    readonly keep: number;
    /** Also keep the checkpoint of the highest held-out accuracy, as `best/step-…`. Default false. */
    readonly best?: boolean;
  };
  /** Steps in a row without an update that was due, after which the run stops with a dump. */
  readonly stopAfterBroken: number;
  /** Whether adapters were requested; the policy's `adapters` take precedence. */
  readonly lora?: object | null;
}

/** What is noted in a model that a run has trained, so that it is asked as it was trained. */
export interface NotedSettings {
  readonly data: {
    /** Name of the template, or its text. */
    readonly template: string;
    readonly background: string;
    readonly minPixels?: number | undefined;
    readonly maxPixels?: number | undefined;
  };
  readonly rollout: { readonly maxTokens: number };
}
