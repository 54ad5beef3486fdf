/** A histogram whose bars have equal width. */
export interface Bar {
  /** Included. */
  readonly from: number;
  /** Excluded, but for the last bar. */
  readonly to: number;
  readonly count: number;
}

export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  /** 95 of 100 values are at most this. */
  readonly p95: number;
  readonly max: number;
  readonly histogram: readonly Bar[];
}

/** Counts whole numbers, so that quantiles are exact and memory grows with distinct values only. */
export class Tally {
  private readonly counts = new Map<number, number>();

  add(value: number): void {
    this.counts.set(value, (this.counts.get(value) ?? 0) + 1);
  }

  /** Undefined when nothing was counted. */
  distribution(bars = 12): Distribution | undefined {
    const entries = [...this.counts].sort(([a], [b]) => a - b);
    if (entries.length === 0) return undefined;
    const count = entries.reduce((sum, [, times]) => sum + times, 0);
    const quantile = (share: number): number => {
      let seen = 0;
      for (const [value, times] of entries) {
        seen += times;
        if (seen >= share * count) return value;
      }
      return entries.at(-1)![0];
    };
    const min = entries[0]![0];
    const max = entries.at(-1)![0];
    return {
      count,
      min,
      median: quantile(0.5),
      mean: entries.reduce((sum, [value, times]) => sum + value * times, 0) / count,
      p95: quantile(0.95),
      max,
      histogram: histogram(entries, min, max, bars),
    };
  }
}

function histogram(entries: readonly [number, number][], min: number, max: number, bars: number): Bar[] {
  const width = Math.max(1, Math.ceil((max - min + 1) / bars));
  const list: Bar[] = [];
  for (let from = min; from <= max; from += width) list.push({ from, to: from + width, count: 0 });
  const counts = list.map(() => 0);
  for (const [value, times] of entries) counts[Math.floor((value - min) / width)]! += times;
  return list.map((bar, at) => ({ ...bar, count: counts[at]! }));
}
