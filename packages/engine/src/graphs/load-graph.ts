import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from './graph.js';

/** The part of tfjs-node's backend that runs graphs. */
interface GraphBackend {
  loadSavedModelMetaGraph(path: string, tags: string): number;
  runSavedModel(
    id: number,
    inputs: readonly tf.TensorInfo[],
    infos: readonly { name: string }[],
    outputs: readonly string[],
  ): tf.Tensor[];
}

/**
 * Hands a graph to TensorFlow, which keeps it until the process ends.
 *
 * @param inputs names, in the order in which a run gets its tensors.
 * @param outputs names, in the order in which a run returns them.
 */
export function loadGraph(
  graph: Graph,
  inputs: readonly string[],
  outputs: readonly string[],
): (tensors: readonly tf.TensorInfo[]) => tf.Tensor[] {
  const backend = tf.backend() as unknown as GraphBackend;
  // tfjs-node takes a graph from a directory only; TensorFlow has read all of it when the call returns.
  const directory = mkdtempSync(join(tmpdir(), 'cppo-graph-'));
  try {
    writeFileSync(join(directory, 'saved_model.pb'), graph.savedModel());
    const id = backend.loadSavedModelMetaGraph(directory, 'serve');
    const infos = inputs.map((name) => ({ name }));
    return (tensors) => backend.runSavedModel(id, tensors, infos, outputs);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
