import type { Learners } from './read-learners.js';

/** TensorFlow's messages for the start of a server, in the encoding of protocol buffers. */
export interface ServerDefinition {
  /** tensorflow.ServerDef. */
  readonly definition: Uint8Array;
  /** tensorflow.ConfigProto. */
  readonly config: Uint8Array;
}

/** What TensorFlow calls a learner. */
export const taskOf = (rank: number): string => `/job:worker/replica:0/task:${rank}`;

/**
 * Describes this learner's server and those of the others.
 *
 * @param learners addresses and rank.
 * @returns the two messages.
 */
export function serverDefinition({ rank, addresses }: Learners): ServerDefinition {
  const config = bytes(
    // device_count: gradients come as arrays, and another context on the card would take its memory.
    message(1, text(1, 'GPU'), number(2, 0)),
    // experimental.collective_group_leader: orders the learners of a group.
    message(16, text(1, taskOf(0))),
  );
  const tasks = addresses.map((address, i) => message(2, number(1, i), text(2, address)));
  const job = message(1, text(1, 'worker'), ...tasks);
  const definition = bytes(
    message(1, job),
    text(2, 'worker'),
    number(3, rank),
    message(4, [...config]),
    text(5, 'grpc'),
  );
  return { definition, config };
}

type Encoded = readonly number[];

const bytes = (...parts: readonly Encoded[]): Uint8Array => Uint8Array.from(parts.flat());

/** A field whose content has a length. */
function message(field: number, ...parts: readonly Encoded[]): Encoded {
  const content = parts.flat();
  return [...varint(field * 8 + 2), ...varint(content.length), ...content];
}

const text = (field: number, value: string): Encoded => message(field, [...new TextEncoder().encode(value)]);

const number = (field: number, value: number): Encoded => [...varint(field * 8), ...varint(value)];

/** Seven bits a byte, the lowest first; the eighth bit says that more follow. */
function varint(value: number): Encoded {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
