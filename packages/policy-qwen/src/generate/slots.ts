/** A completion being sampled: which prompt of the batch, and which of its completions. */
export interface Slot {
  readonly prompt: number;
  readonly completion: number;
}

/**
 * The rectangle of completions that are decoded together: rows are prompts, columns their completions.
 * Slots of finished completions stay in it, unused, until enough of them can be dropped.
 */
export class SlotGrid {
  /** [P][G] the completion in each slot; undefined where it has finished. */
  readonly rows: (Slot | undefined)[][];

  constructor(rows: (Slot | undefined)[][]) {
    this.rows = rows;
  }

  get prompts(): number {
    return this.rows.length;
  }

  get completions(): number {
    return this.rows[0]?.length ?? 0;
  }

  /** All slots, row after row. */
  get slots(): readonly (Slot | undefined)[] {
    return this.rows.flat();
  }

  get active(): number {
    return this.slots.filter((slot) => slot !== undefined).length;
  }

  finish(index: number): void {
    const row = this.rows[Math.floor(index / this.completions)] as (Slot | undefined)[];
    row[index % this.completions] = undefined;
  }

  /**
   * A smaller grid with the same unfinished completions, when it saves a quarter of the slots or more.
   *
   * @returns the grid, and for each of its rows and slots the row and slot it comes from.
   */
  compacted(): { grid: SlotGrid; fromRows: number[]; fromSlots: number[] } | undefined {
    const width = this.completions;
    const kept = this.rows
      .map((row, index) => ({
        index,
        columns: [...row.keys()].filter((column) => row[column] !== undefined),
      }))
      .filter(({ columns }) => columns.length > 0);
    const completions = Math.max(0, ...kept.map(({ columns }) => columns.length));
    if (kept.length === 0 || kept.length * completions > 0.75 * this.prompts * width) return undefined;
    const fromSlots: number[] = [];
    const rows = kept.map(({ index, columns }) =>
      Array.from({ length: completions }, (_, place) => {
        // Rows with fewer completions are filled up with some slot that nobody reads.
        const column = columns[place] ?? (columns[0] as number);
        fromSlots.push(index * width + column);
        return place < columns.length ? this.rows[index]?.[column] : undefined;
      }),
    );
    return { grid: new SlotGrid(rows), fromRows: kept.map(({ index }) => index), fromSlots };
  }
}
