import type { AdamAttributes } from '../adam-attributes.js';
import { Graph, type Port } from './graph.js';

export const adamInputs = ['variable', 'gradient', 'first', 'second', 'numbers'];
export const adamOutputs = ['nextVariable', 'nextFirst', 'nextSecond'];

/** The numbers that enter the graph, in its order. */
export function adamNumbers(options: AdamAttributes): number[] {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step } = options;
  return [
    1 - beta1,
    beta2,
    1 - beta2,
    1 / Math.sqrt(1 - beta2 ** step),
    learningRate / (1 - beta1 ** step),
    1 - learningRate * weightDecay,
    epsilon,
  ];
}

/**
 * One AdamW step of one variable (arXiv:1711.05101), of any shape:
 *
 *   m ← m + (1 − β₁)(g − m),  v ← β₂·v + (1 − β₂)·g²
 *   w ← (1 − η·decay)·w − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
 */
export function adam(): Graph {
  const graph = new Graph();
  const [variable, gradient, first, second, numbers] = adamInputs.map((name) => graph.input(name)) as [
    Port,
    Port,
    Port,
    Port,
    Port,
  ];
  const unpacked = graph.op('Unpack', [numbers], { num: 7, axis: 0 });
  const [towards, beta2, newSquare, correction, rate, kept, epsilon] = Array.from({ length: 7 }, (_, i) =>
    i === 0 ? unpacked : `${unpacked}:${i}`,
  ) as [Port, Port, Port, Port, Port, Port, Port];
  const add = (a: Port, b: Port) => graph.op('AddV2', [a, b]);
  const subtract = (a: Port, b: Port) => graph.op('Sub', [a, b]);
  const multiply = (a: Port, b: Port) => graph.op('Mul', [a, b]);
  const nextFirst = add(first, multiply(subtract(gradient, first), towards));
  const nextSecond = add(multiply(second, beta2), multiply(graph.op('Square', [gradient]), newSquare));
  const size = add(multiply(graph.op('Sqrt', [nextSecond]), correction), epsilon);
  const change = multiply(graph.op('RealDiv', [nextFirst, size]), rate);
  graph.output('nextVariable', subtract(multiply(variable, kept), change));
  graph.output('nextFirst', nextFirst);
  graph.output('nextSecond', nextSecond);
  return graph;
}
