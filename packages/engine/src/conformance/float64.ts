// Tensors of float64 with the few operations that the references are written in: plain loops over index
// functions, slow and easy to check.

export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Fills an array by a function of its indices. */
export function build(shape: readonly number[], at: (index: number[]) => number): Array64 {
  const data = new Float64Array(sizeOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = at(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** The number at some indices; axes of length 1 repeat and missing leading axes are left out. */
export function read(x: Array64, index: readonly number[]): number {
  const missing = index.length - x.shape.length;
  let at = 0;
  x.shape.forEach((length, axis) => {
    at = at * length + (length === 1 ? 0 : index[axis + missing]!);
  });
  return x.data[at]!;
}

export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return x === 1 ? y : x;
  });
}

export function map(x: Array64, of: (value: number) => number): Array64 {
  return { shape: x.shape, data: x.data.map(of) };
}

export function combine(a: Array64, b: Array64, of: (a: number, b: number) => number): Array64 {
  return build(broadcastShape(a.shape, b.shape), (index) => of(read(a, index), read(b, index)));
}

/** Joins the numbers along some axes, which stay with length 1 or go. */
export function reduce(
  x: Array64,
  axes: readonly number[],
  keep: boolean,
  of: (values: number[]) => number,
): Array64 {
  const groups = new Map<string, number[]>();
  build(x.shape, (index) => {
    const key = index.filter((_, axis) => !axes.includes(axis)).join();
    const group = groups.get(key);
    if (group) group.push(read(x, index));
    else groups.set(key, [read(x, index)]);
    return 0;
  });
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const shape = keep ? kept : kept.filter((_, axis) => !axes.includes(axis));
  return build(shape, (index) => {
    const own = keep ? index.filter((_, axis) => !axes.includes(axis)) : index;
    return of(groups.get(own.join()) ?? []);
  });
}

export const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
export const largest = (values: number[]) => values.reduce((most, value) => Math.max(most, value), -Infinity);

export function matMul(a: Array64, b: Array64, transposeA: boolean, transposeB: boolean): Array64 {
  const rank = Math.max(a.shape.length, b.shape.length);
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const depth = transposeA ? aRows : aColumns;
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, transposeA ? aColumns : aRows, transposeB ? bRows : bColumns];
  const matrix = (x: Array64) => {
    const steps = x.shape.slice(0, -2).map((_, axis) => sizeOf(x.shape.slice(axis + 1)));
    return (index: number[]) => {
      const missing = rank - x.shape.length;
      return steps.reduce(
        (at, step, axis) => at + (x.shape[axis] === 1 ? 0 : index[axis + missing]!) * step,
        0,
      );
    };
  };
  const [startA, startB] = [matrix(a), matrix(b)];
  return build(shape, (index) => {
    const [i, j] = [index[rank - 2]!, index[rank - 1]!];
    const [fromA, fromB] = [startA(index), startB(index)];
    let sum = 0;
    for (let k = 0; k < depth; k++) {
      const x = a.data[fromA + (transposeA ? k * aColumns + i : i * aColumns + k)]!;
      const y = b.data[fromB + (transposeB ? j * bColumns + k : k * bColumns + j)]!;
      sum += x * y;
    }
    return sum;
  });
}

export function softmax(x: Array64): Array64 {
  const last = [x.shape.length - 1];
  const most = reduce(x, last, true, largest);
  const powers = combine(x, most, (value, most) => Math.exp(value - most));
  return combine(powers, reduce(powers, last, true, total), (power, sum) => power / sum);
}

export function transpose(x: Array64, order: readonly number[]): Array64 {
  const shape = order.map((axis) => x.shape[axis]!);
  return build(shape, (index) => {
    const from: number[] = [];
    order.forEach((axis, i) => {
      from[axis] = index[i]!;
    });
    return read(x, from);
  });
}

export function reshape(x: Array64, shape: readonly number[]): Array64 {
  return { shape, data: x.data };
}

export function slice(x: Array64, begin: readonly number[], size: readonly number[]): Array64 {
  return build(
    size,
    (index) =>
      x.data[
        flat(
          x.shape,
          index.map((i, axis) => i + begin[axis]!),
        )
      ]!,
  );
}

export function concat(parts: readonly Array64[], axis: number): Array64 {
  const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const shape = parts[0]!.shape.map((own, i) => (i === axis ? length : own));
  return build(shape, (index) => {
    let at = index[axis]!;
    for (const part of parts) {
      if (at < part.shape[axis]!)
        return part.data[
          flat(
            part.shape,
            index.map((i, j) => (j === axis ? at : i)),
          )
        ]!;
      at -= part.shape[axis]!;
    }
    return Number.NaN;
  });
}

export function gather(x: Array64, indices: readonly number[], axis: number): Array64 {
  const shape = x.shape.map((length, i) => (i === axis ? indices.length : length));
  return build(
    shape,
    (index) =>
      x.data[
        flat(
          x.shape,
          index.map((i, j) => (j === axis ? indices[i]! : i)),
        )
      ]!,
  );
}

function flat(shape: readonly number[], index: readonly number[]): number {
  return shape.reduce((at, length, axis) => at * length + index[axis]!, 0);
}

/** The error function, by its series near 0 and its continued fraction beyond. */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 100 && Math.abs(term) > 1e-18; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / ((z + fraction) * Math.sqrt(Math.PI)));
}
