import { adapterConfigFile, adapterWeightsFile } from './adapter-config.js';
import { adapterTensorName, type LoraFactor } from './adapter-tensors.js';
import { notesFile } from './companion-files.js';
import { writeDirectory } from './disk.js';
import type { JsonObject } from './json-files.js';
import { writeSafetensors } from './write-tensors.js';

/** One factor of one adapted linear layer. */
export interface AdapterFactor {
  /** Published name of the layer, such as `model.layers.0.self_attn.q_proj`. */
  readonly module: string;
  readonly factor: LoraFactor;
  /** [rank, in] for A, [out, rank] for B. */
  readonly shape: readonly [number, number];
  readonly data: Float32Array | (() => Float32Array | Promise<Float32Array>);
}

/** A LoRA adapter to be written. */
export interface AdapterToWrite {
  readonly rank: number;
  readonly alpha: number;
  /** Default 0. */
  readonly dropout?: number;
  /** Scale by alpha / √rank. Default false. */
  readonly rankStabilized?: boolean;
  /** Directory or hub id of the model it belongs to. */
  readonly baseModel: string;
  readonly factors: Iterable<AdapterFactor>;
  /** Written as cppo.json. */
  readonly notes?: JsonObject | undefined;
  /** Replace an adapter that is already there. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Writes a LoRA adapter as PEFT does, float32, so that `PeftModel.from_pretrained` reads it. Written
 * under a temporary name and renamed when complete.
 *
 * @throws RangeError when there is no factor, or the directory holds files already (unless `overwrite` and it is an adapter).
 */
export async function writeAdapterDirectory(directory: string, adapter: AdapterToWrite): Promise<void> {
  const factors = [...adapter.factors];
  if (factors.length === 0) {
    throw new RangeError(
      'writeAdapterDirectory: no factors; expected lora_A and lora_B of at least one module.',
    );
  }
  const modules = [...new Set(factors.map(({ module }) => module))];
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: adapter.baseModel,
    r: adapter.rank,
    lora_alpha: adapter.alpha,
    lora_dropout: adapter.dropout ?? 0,
    target_modules: [...new Set(modules.map(targetName))].sort(),
    // PEFT matches by the last part of a name, which some layers of both towers share.
    exclude_modules: excluded(modules),
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    modules_to_save: null,
    use_dora: false,
    use_rslora: adapter.rankStabilized ?? false,
  };
  await writeDirectory(
    directory,
    { overwrite: adapter.overwrite ?? false, marker: adapterConfigFile },
    async (draft) => {
      await draft.write(adapterConfigFile, `${JSON.stringify(config, null, 2)}\n`);
      if (adapter.notes) await draft.write(notesFile, `${JSON.stringify(adapter.notes, null, 2)}\n`);
      const tensors = factors.map(({ module, factor, shape, data }) => ({
        name: adapterTensorName(module, factor),
        shape,
        data,
      }));
      await writeSafetensors(draft, adapterWeightsFile, tensors, 'float32');
    },
  );
}

/**
 * The end of a module's name by which PEFT finds it. A number alone would match whole blocks too, which it refuses, and `proj`
 * alone the patch embedding.
 */
function targetName(module: string): string {
  return /[^.]*\.(\d+|proj)$|[^.]*$/.exec(module)?.[0] ?? module;
}

function excluded(modules: readonly string[]): string | null {
  const vision = modules.filter((module) => module.startsWith('visual.')).length;
  if (vision === 0) return '.*visual.*';
  return vision === modules.length ? '.*language_model.*' : null;
}
