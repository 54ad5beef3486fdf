/** Draws for one sample. Seeded by a text, so that sample 7 is the same whether or not 0–6 were drawn. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer, both ends included. */
  integer(low: number, high: number): number;
  /** Uniform in [low, high), rounded to two decimals so that a picture is the same on every machine. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in random order. */
  choose<T>(items: readonly T[], count: number): T[];
}

/** The generator (sfc32, state by MurmurHash3 of the key) belongs to the tasks alone: their bytes must never change. */
export function randomFrom(key: string): Random {
  let hash = 1779033703 ^ key.length;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  const word = (): number => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    hash ^= hash >>> 16;
    return hash | 0;
  };
  let a = word();
  let b = word();
  let c = word();
  let counter = word();
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();

  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const choose = <T>(items: readonly T[], count: number): T[] => {
    if (count > items.length) {
      throw new RangeError(`choose: ${count} items wanted of ${items.length}; at most all can be chosen.`);
    }
    const pool = [...items];
    for (let i = 0; i < count; i++) {
      const j = integer(i, pool.length - 1);
      [pool[i], pool[j]] = [pool[j] as T, pool[i] as T];
    }
    return pool.slice(0, count);
  };
  return {
    next,
    integer,
    choose,
    between: (low, high) => Math.round((low + next() * (high - low)) * 100) / 100,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick: no items to pick from; at least one is expected.');
      return items[integer(0, items.length - 1)] as (typeof items)[number];
    },
  };
}
