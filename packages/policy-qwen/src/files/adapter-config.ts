import { z } from 'zod';
import type { JsonObject } from './json-files.js';

/** Names of the two files of a PEFT adapter. */
export const adapterConfigFile = 'adapter_config.json';
export const adapterWeightsFile = 'adapter_model.safetensors';

/** What adapter_config.json means here. */
export interface AdapterConfig {
  readonly rank: number;
  /** Updates are scaled by alpha / rank, or alpha / √rank when `rankStabilized`. */
  readonly alpha: number;
  readonly rankStabilized: boolean;
  readonly dropout: number;
  /** Model that it was trained on, as its author named it. */
  readonly baseModel: string | undefined;
  /** Commit, branch or tag of that model, when it is one of the hub. */
  readonly revision: string | undefined;
  readonly targets: AdapterTargets;
}

/** Which layers PEFT would adapt. */
export interface AdapterTargets {
  /** The ends of names, or one regular expression that matches whole names; everything when left out. */
  readonly included: readonly string[] | string | undefined;
  readonly excluded: readonly string[] | string | undefined;
  /** Numbers of the layers; all when left out. */
  readonly layers: readonly number[] | undefined;
  /** Names of the lists that hold the layers; any when left out. */
  readonly layerLists: readonly string[] | undefined;
}

/** These do not touch the base model, and what they draw is replaced by what is stored (PEFT 0.21, `update_layer`). */
const harmlessInitialisations = ['gaussian', 'eva', 'orthogonal', 'mica'];

/** These change the weights of the base model when the adapter is made, so that only base and adapter together are right. */
const changesTheBase = /^(pissa|olora|corda|lora_ga|loftq)/i;

const initialisation = z.unknown().superRefine((value, context) => {
  if (value === undefined || value === null || typeof value === 'boolean') return;
  if (typeof value === 'string' && harmlessInitialisations.includes(value.toLowerCase())) return;
  context.addIssue(
    typeof value === 'string' && changesTheBase.test(value)
      ? 'it changes the base model, which adapter files do not hold; in PEFT, save the adapter with ' +
          'path_initial_model_for_weight_conversion, or the whole model after merge_and_unload()'
      : `expected true, false, ${harmlessInitialisations.map((name) => `"${name}"`).join(', ')}`,
  );
});

/** A feature that is switched off: null, false, an empty list or object, or not there. */
const absent = (meaning: string) =>
  z
    .unknown()
    .refine((value) => isOff(value), `${meaning} is not supported`)
    .optional();

function isOff(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  );
}

/** Kept for people and tools: changes nothing of what the adapter computes. */
const harmless = z.unknown().optional();

const names = z.union([z.string(), z.array(z.string())]).nullish();

/** Every key of PEFT 0.21's LoraConfig: applied, known to be harmless, or refused unless it is switched off. */
const schema = z
  .object({
    peft_type: z.literal('LORA'),
    r: z.int().positive(),
    lora_alpha: z.number().positive(),
    lora_dropout: z.number().min(0).lt(1).default(0),
    use_rslora: z.boolean().default(false),
    base_model_name_or_path: z.string().nullish(),
    revision: z.string().nullish(),
    target_modules: names,
    exclude_modules: names,
    layers_to_transform: z.union([z.int(), z.array(z.int())]).nullish(),
    layers_pattern: names,
    init_lora_weights: initialisation.optional(),

    auto_mapping: harmless,
    inference_mode: harmless,
    peft_version: harmless,
    task_type: harmless,
    runtime_config: harmless,
    megatron_core: harmless,
    qalora_group_size: harmless,
    // Read by PEFT only with the initialisation of their name, which is refused or draws what is then replaced.
    corda_config: harmless,
    eva_config: harmless,
    loftq_config: harmless,
    lora_ga_config: harmless,

    alora_invocation_tokens: absent('an adapter that acts from certain tokens on'),
    alpha_pattern: absent('an alpha of its own for some modules'),
    arrow_config: absent('Arrow'),
    bias: z.literal('none', 'training biases is not supported').default('none'),
    ensure_weight_tying: absent('tying adapters'),
    fan_in_fan_out: absent('a transposed weight'),
    kasa_config: absent('KaSA'),
    layer_replication: absent('repeating layers'),
    lora_bias: absent('a bias of the adapter'),
    megatron_config: absent('Megatron'),
    modules_to_save: absent('training whole modules beside the adapter'),
    monteclora_config: absent('MonteCLoRA'),
    rank_pattern: absent('a rank of its own for some modules'),
    target_parameters: absent('adapting single parameters'),
    trainable_token_indices: absent('training single tokens'),
    use_bdlora: absent('BD-LoRA'),
    use_dora: absent('DoRA'),
    use_qalora: absent('QALoRA'),
    velora_config: absent('VeLoRA'),
  })
  .catchall(absent('a key that LoraConfig of PEFT 0.21 does not have'));

/** The keys that `parseAdapterConfig` knows. */
export const adapterConfigKeys: readonly string[] = Object.keys(schema.shape);

/**
 * Reads adapter_config.json.
 *
 * @throws RangeError naming the key that is wrong or asks for something that is not supported, and what would help.
 */
export function parseAdapterConfig(config: JsonObject): AdapterConfig {
  const parsed = schema.safeParse(config);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const key = String(path[0]);
    throw new RangeError(
      `readAdapterDirectory: "${key}" in ${adapterConfigFile} is ${JSON.stringify(config[key])}: ${message}.`,
    );
  }
  const data = parsed.data;
  return {
    rank: data.r,
    alpha: data.lora_alpha,
    rankStabilized: data.use_rslora,
    dropout: data.lora_dropout,
    baseModel: data.base_model_name_or_path || undefined,
    revision: data.revision || undefined,
    targets: {
      included: data.target_modules ?? undefined,
      excluded: data.exclude_modules ?? undefined,
      layers: listOf(data.layers_to_transform),
      layerLists: listOf(data.layers_pattern),
    },
  };
}

function listOf<T>(value: T | readonly T[] | null | undefined): readonly T[] | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const list = Array.isArray(value) ? (value as readonly T[]) : [value as T];
  return list.length === 0 ? undefined : list;
}
