import { bytesField, numberField } from './protobuf.js';

/** What a node gives; `name` is its first output, `name:1` the second. */
export type Port = string;

type DType = 'float32' | 'int32';

/** A type, a truth value or a whole number. */
type Attribute = DType | boolean | number;

/** DT_FLOAT and DT_INT32 of tensorflow/core/framework/types.proto. */
const types: Record<DType, number> = { float32: 1, int32: 3 };

/** GraphDef.versions.producer: of TensorFlow 2.9, the oldest library that we compile against; newer ones take it. */
const PRODUCER = 1087;

/** A graph of TensorFlow operations, written down as its library reads it (tensorflow/core/framework/graph.proto). */
export class Graph {
  readonly #nodes: Buffer[] = [];

  /** A tensor that is given at each run. */
  input(name: string, dtype: DType = 'float32'): Port {
    return this.#add(name, 'Placeholder', [], { dtype: typeOf(dtype) });
  }

  /** The result of an operation under a name of its own. */
  output(name: string, port: Port): Port {
    return this.#add(name, 'Identity', [port], { T: typeOf('float32') });
  }

  float(value: number): Port {
    return this.#constant('float32', new Float32Array([value]), []);
  }

  ints(...values: number[]): Port {
    return this.#constant('int32', Int32Array.from(values), [values.length]);
  }

  int(value: number): Port {
    return this.#constant('int32', Int32Array.of(value), []);
  }

  /**
   * An operation of TensorFlow.
   *
   * @param attributes that have no default; `T` is float32 unless said, or its parts (`Tparams`) are.
   */
  op(name: string, inputs: readonly Port[], attributes: Readonly<Record<string, Attribute>> = {}): Port {
    const typed = 'Tparams' in attributes ? attributes : { T: 'float32' as const, ...attributes };
    const encoded = Object.entries(typed).map(([key, value]) => [
      key,
      typeof value === 'string'
        ? typeOf(value)
        : typeof value === 'boolean'
          ? numberField(5, value)
          : numberField(3, value),
    ]);
    return this.#add(`n${this.#nodes.length}`, name, inputs, Object.fromEntries(encoded));
  }

  /** The graph as the file `saved_model.pb` with the tag `serve`. */
  savedModel(): Buffer {
    const graph = Buffer.concat([...this.#nodes, bytesField(4, numberField(1, PRODUCER))]);
    const meta = Buffer.concat([bytesField(1, bytesField(4, 'serve')), bytesField(2, graph)]);
    return Buffer.concat([numberField(1, 1), bytesField(2, meta)]);
  }

  #constant(dtype: DType, values: Float32Array | Int32Array, shape: number[]): Port {
    const dimensions = shape.map((size) => bytesField(2, numberField(1, size)));
    const tensor = Buffer.concat([
      numberField(1, types[dtype]),
      bytesField(2, Buffer.concat(dimensions)),
      bytesField(4, new Uint8Array(values.buffer)),
    ]);
    return this.#add(`n${this.#nodes.length}`, 'Const', [], {
      dtype: typeOf(dtype),
      value: bytesField(8, tensor),
    });
  }

  #add(name: string, op: string, inputs: readonly Port[], attributes: Record<string, Uint8Array>): Port {
    const parts = [bytesField(1, name), bytesField(2, op), ...inputs.map((input) => bytesField(3, input))];
    for (const [key, value] of Object.entries(attributes)) {
      parts.push(bytesField(5, Buffer.concat([bytesField(1, key), bytesField(2, value)])));
    }
    this.#nodes.push(bytesField(1, Buffer.concat(parts)));
    return name;
  }
}

function typeOf(dtype: DType): Buffer {
  return numberField(6, types[dtype]);
}
