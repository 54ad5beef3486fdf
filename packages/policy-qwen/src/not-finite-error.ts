/** Numbers that a model should not have or give: NaN or an infinite one, of which nothing can be learnt or read. */
export class NotFiniteError extends RangeError {
  override readonly name = 'NotFiniteError';
}
