/**
 * The unknowns of n linear equations, by Gaussian elimination with partial pivoting.
 *
 * @param equations n rows of n coefficients and the right-hand side; not changed.
 * @returns undefined when the equations do not determine the unknowns.
 */
export function solve(equations: readonly (readonly number[])[]): number[] | undefined {
  const rows = equations.map((row) => [...row]);
  const count = rows.length;
  const scale = Math.max(...rows.flat().map(Math.abs));
  for (let pivot = 0; pivot < count; pivot++) {
    let best = pivot;
    for (let row = pivot + 1; row < count; row++) {
      if (Math.abs(rows[row]![pivot]!) > Math.abs(rows[best]![pivot]!)) best = row;
    }
    [rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!];
    const pivotRow = rows[pivot]!;
    if (Math.abs(pivotRow[pivot]!) <= scale * 1e-14) return undefined;
    for (let row = 0; row < count; row++) {
      if (row === pivot) continue;
      const share = rows[row]![pivot]! / pivotRow[pivot]!;
      for (let column = pivot; column <= count; column++) {
        rows[row]![column]! -= share * pivotRow[column]!;
      }
    }
  }
  return rows.map((row, at) => row[count]! / row[at]!);
}
