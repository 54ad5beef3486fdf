/** A job over the rows of matrices [rows, width]; each kernel says which operand is which. */
@unmanaged
export class Rows {
  a: usize;
  b: usize;
  c: usize;
  d: usize;
  out: usize;
  out2: usize;
  rows: usize;
  width: usize;
  rowsPerTask: usize;
  /** Meaning given by each kernel. */
  option: usize;
  number: f32;
}
