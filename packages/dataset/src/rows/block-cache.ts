/**
 * Keeps the blocks last used, up to a number of bytes over all files that share it; the block in use always stays.
 */
export class BlockCache<Value> {
  private readonly held = new Map<string, { value: Promise<Value>; bytes: number }>();
  private bytes = 0;

  constructor(private readonly limit: number) {}

  /** The block under a key, read when it is not held. */
  get(key: string, bytes: number, read: () => Promise<Value>): Promise<Value> {
    const hit = this.held.get(key);
    if (hit) {
      // A map keeps the order of insertion: put back, it is the youngest.
      this.held.delete(key);
      this.held.set(key, hit);
      return hit.value;
    }
    const value = read();
    // A failed read is not kept: the next one may succeed.
    value.catch(() => this.drop(key));
    this.held.set(key, { value, bytes });
    this.bytes += bytes;
    for (const oldest of this.held.keys()) {
      if (this.bytes <= this.limit || oldest === key) break;
      this.drop(oldest);
    }
    return value;
  }

  private drop(key: string): void {
    this.bytes -= this.held.get(key)?.bytes ?? 0;
    this.held.delete(key);
  }
}
