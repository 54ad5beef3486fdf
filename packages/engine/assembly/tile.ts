// Sizes of the blocks into which a product is cut (Goto and van de Geijn, "Anatomy of high-performance matrix
// multiplication", 2008): the tile lives in registers, a panel of B [KC, NR] in the first cache, a block of A
// [MC, KC] in the second, the panels of B [KC, NC] in the second or third.

/** Rows of the register tile. */
export const MR: usize = 6;
/** Columns of the register tile: two vectors. */
export const NR: usize = 8;
/** Rows of A packed at a time; a multiple of MR. */
export const MC: usize = 96;
/** Depth of a packed block: at 512 most sums of a small model end in one, so that C is written once. */
export const KC: usize = 512;
/** Columns of B packed at a time; a multiple of NR. */
export const NC: usize = 512;

/** Bytes at the start of the scratch that hold the table of `exponential`. */
export const TABLE_BYTES: usize = 256;

/** Numbers of a run of a widened weight, and a bit more, so that the runs do not meet in one place of the first cache. */
export const RUN: usize = KC + 16;
/** Runs that are packed together. */
export const RUNS: usize = NR;

/** Bytes of scratch that one thread needs: the table, a block of A, panels of B, one tile, widened runs. */
export const SCRATCH_BYTES: usize = TABLE_BYTES + (MC * KC + KC * NC + MR * NR + RUNS * RUN) * 4;
