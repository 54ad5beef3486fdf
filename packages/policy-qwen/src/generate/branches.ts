/** Completions of one prompt that are equal so far. They are decoded as one until their next tokens differ. */
export interface Branch {
  readonly prompt: number;
  readonly completions: readonly number[];
}

/** A branch after one more token. */
export interface GrownBranch {
  readonly token: number;
  readonly completions: readonly number[];
}

/** How a grid comes from the one before it. */
export interface Growth {
  readonly grid: BranchGrid;
  /** The newest token of every branch of the grid, in its order. */
  readonly tokens: readonly number[];
  /** For each row and slot of the grid the one that it continues; undefined when all are where they were. */
  readonly moved: { readonly fromRows: readonly number[]; readonly fromSlots: readonly number[] } | undefined;
}

/**
 * The rectangle of branches that are decoded together: rows are prompts, columns their branches. Slots whose branch has
 * ended stay in it, unused, until enough of them can be dropped.
 */
export class BranchGrid {
  /** [P][width] the branch in each slot; undefined where there is none. */
  readonly rows: readonly (readonly (Branch | undefined)[])[];
  /** The branches, row after row. */
  readonly branches: readonly Branch[];
  /** The slot of each branch. */
  readonly places: readonly number[];

  constructor(rows: readonly (readonly (Branch | undefined)[])[]) {
    this.rows = rows;
    const slots = rows.flat();
    this.places = slots.flatMap((branch, slot) => (branch ? [slot] : []));
    this.branches = this.places.map((slot) => slots[slot] as Branch);
  }

  /** Before the first token all completions of a prompt are one branch. */
  static start(prompts: number, completions: number): BranchGrid {
    const all = Array.from({ length: completions }, (_, completion) => completion);
    return new BranchGrid(Array.from({ length: prompts }, (_, prompt) => [{ prompt, completions: all }]));
  }

  get width(): number {
    return this.rows[0]?.length ?? 0;
  }

  get slots(): number {
    return this.rows.length * this.width;
  }

  /**
   * The grid after one more token.
   *
   * @param grown for each branch, in order, what it became: nothing when it has ended, several when its completions differ now.
   */
  grow(grown: readonly (readonly GrownBranch[])[]): Growth {
    const width = this.width;
    const children = this.rows.map((): { column: number; branch: Branch; token: number }[] => []);
    grown.forEach((parts, index) => {
      const slot = this.places[index] as number;
      const { prompt } = this.branches[index] as Branch;
      for (const { token, completions } of parts) {
        children[Math.floor(slot / width)]?.push({
          column: slot % width,
          branch: { prompt, completions },
          token,
        });
      }
    });
    const tokens = children.flat().map(({ token }) => token);
    const kept = [...children.keys()].filter((row) => children[row]?.length);
    const widest = Math.max(0, ...children.map((row) => row.length));
    const split = grown.some((parts) => parts.length > 1);
    if (!split && kept.length * widest > 0.75 * this.slots) {
      const rows = children.map((row) => {
        const columns: (Branch | undefined)[] = new Array(width).fill(undefined);
        for (const { column, branch } of row) columns[column] = branch;
        return columns;
      });
      return { grid: new BranchGrid(rows), tokens, moved: undefined };
    }
    const fromSlots: number[] = [];
    const rows = kept.map((row) =>
      Array.from({ length: widest }, (_, place) => {
        const parts = children[row] as (typeof children)[number];
        // Rows with fewer branches are filled up with some slot that nobody reads.
        fromSlots.push(row * width + (parts[place] ?? parts[0])!.column);
        return parts[place]?.branch;
      }),
    );
    return { grid: new BranchGrid(rows), tokens, moved: { fromRows: kept, fromSlots } };
  }
}
