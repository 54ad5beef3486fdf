/** The learners of a run, and which of them this process is. */
export interface Learners {
  /** From 0. */
  readonly rank: number;
  /** `host:port` of each, by rank. */
  readonly addresses: readonly string[];
}

/** Variables of a process, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Others write it, with keys that do not matter here. */
interface TfConfig {
  /** Addresses by job. */
  readonly cluster: ReadonlyMap<string, readonly string[]>;
  readonly type: string | undefined;
  readonly index: number;
}

/**
 * Reads which learners a process belongs to: `CPPO_LEARNERS=host:port,…` and `CPPO_RANK`, or else `TF_CONFIG` as Ray Train,
 * TFJob and Vertex AI write it, where `chief` comes before the workers.
 *
 * @param environment variables of the process.
 * @returns the learners; undefined where none are named, or only one.
 * @throws RangeError that names the variable, when it cannot be read or this process is none of them.
 * @example
 * readLearners({ CPPO_LEARNERS: 'a:4000,b:4000', CPPO_RANK: '1' }); // { rank: 1, addresses: ['a:4000', 'b:4000'] }
 */
export function readLearners(environment: Environment = process.env): Learners | undefined {
  const { CPPO_LEARNERS: list = '', CPPO_RANK: rank = '', TF_CONFIG: config = '' } = environment;
  const found = list !== '' ? fromList(list, rank) : config !== '' ? fromTfConfig(config) : undefined;
  return found !== undefined && found.addresses.length > 1 ? found : undefined;
}

function fromList(list: string, rank: string): Learners {
  const addresses = checked(
    'CPPO_LEARNERS',
    list.split(',').map((each) => each.trim()),
  );
  const number = Number(rank);
  if (rank.trim() === '' || !Number.isInteger(number) || number < 0 || number >= addresses.length) {
    throw new RangeError(
      `CPPO_RANK: found ${JSON.stringify(rank)}, expected a whole number from 0 to ${addresses.length - 1}, the place of this process in CPPO_LEARNERS.`,
    );
  }
  return { rank: number, addresses };
}

function fromTfConfig(text: string): Learners | undefined {
  const { cluster, type, index } = parsed(text);
  const others = [...cluster.keys()].filter(
    (job) => job !== 'chief' && job !== 'worker' && job !== 'evaluator',
  );
  if (others.length > 0) {
    throw new RangeError(
      `TF_CONFIG: found ${others.join(' and ')} in the cluster, expected workers (and a chief): learners exchange gradients among themselves.`,
    );
  }
  const members = ['chief', 'worker'].flatMap((job) =>
    (cluster.get(job) ?? []).map((address, task) => ({ name: `${job} ${task}`, address })),
  );
  if (members.length < 2) return undefined;
  const rank = members.findIndex(({ name }) => name === `${type} ${index}`);
  if (rank < 0) {
    const found = type === undefined ? 'no task' : `task ${type} ${index}`;
    const expected = members.map(({ name }) => name).join(', ');
    throw new RangeError(`TF_CONFIG: found ${found}, expected one of ${expected}.`);
  }
  return {
    rank,
    addresses: checked(
      'TF_CONFIG',
      members.map(({ address }) => address),
    ),
  };
}

function parsed(text: string): TfConfig {
  const expected = '{"cluster": {"worker": ["host:port", …]}, "task": {"type": "worker", "index": 0}}';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`TF_CONFIG: it is not JSON (${(error as Error).message}), expected ${expected}.`);
  }
  const { cluster, task } = entriesOf(json);
  const jobs = Object.entries(entriesOf(cluster)).map(([job, addresses]) => {
    if (Array.isArray(addresses) && addresses.every((each) => typeof each === 'string'))
      return [job, addresses] as const;
    throw new RangeError(`TF_CONFIG: cluster.${job} is ${JSON.stringify(addresses)}, expected ${expected}.`);
  });
  const { type, index } = entriesOf(task);
  return {
    cluster: new Map<string, readonly string[]>(jobs),
    type: typeof type === 'string' ? type : undefined,
    index: Number(index),
  };
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function checked(variable: string, addresses: readonly string[]): readonly string[] {
  const wrong = addresses.find((address) => !/^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(address));
  if (wrong !== undefined) {
    throw new RangeError(`${variable}: found ${JSON.stringify(wrong)}, expected host:port.`);
  }
  const twice = addresses.find((address, i) => addresses.indexOf(address) < i);
  if (twice !== undefined) {
    throw new RangeError(
      `${variable}: found ${twice} twice, expected an address of its own for each learner.`,
    );
  }
  return addresses;
}
