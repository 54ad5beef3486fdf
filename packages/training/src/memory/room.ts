import { UserError } from '@cppo/run';
import type { EngineKind, Footprint } from './footprint.js';
import { gigabytes } from './units.js';

/** The engine that was started, with the memory that there is for it. */
export interface Room<Format extends string = string> extends EngineKind<Format> {
  /** Bytes for the whole process, and what says so: `the machine has`. */
  readonly limit: { readonly bytes: number; readonly source: string };
  /** Bytes that tensors may take; infinite where the process's limit is the only one. */
  readonly tensors: number;
  /** Bytes that can be had at the moment without pushing out other programs; infinite where that is not looked at. */
  readonly available: () => number;
  /** Float32 parameters that can be trained in so many bytes, for what is said to a run that fits in no form. */
  readonly largestTrained: (bytes: number) => { readonly trainFull: number; readonly trainLora: number };
}

/**
 * Whether a footprint stays within the room.
 *
 * @param footprint bytes.
 * @param room      that there is.
 * @returns true when the process stays within its limit, and the tensors within that of the engine.
 */
export function fits({ process, total }: Footprint, { limit, tensors }: Room): boolean {
  return total <= limit.bytes && total - process <= tensors;
}

/**
 * Refuses weights in a format that the engine does not multiply.
 *
 * @param weights the format; undefined leaves it to the engine.
 * @param key     that asked for it, for the message.
 * @param room    whose engine it is.
 * @throws UserError naming key, format and engine.
 */
export function refuseFormat(weights: string | undefined, key: string, { engine, formats }: Room): void {
  if (weights === undefined || formats.includes(weights)) return;
  throw new UserError(
    `${key}: found ${weights}, but the engine ${engine.name} multiplies float32 weights only; expected float32, or an engine with kernels of our own (wasm, or npm run engine:native).`,
  );
}

/**
 * One sentence on the error stream when the memory is there, but held by other programs at the moment.
 *
 * @param footprint bytes.
 * @param room      that there is.
 */
export function warnOfOthers({ total }: Footprint, { limit, available }: Room): void {
  const now = available();
  if (!Number.isFinite(limit.bytes) || total <= now) return;
  console.error(
    `cppo: this takes about ${gigabytes(total)}, and of the machine's memory ${gigabytes(now)} are free at the moment; the system may end this or another program.`,
  );
}

/** What there is, for a message: `the machine has 24.0 GB`. */
export function there({ engine, limit, tensors }: Room): string {
  return tensors < limit.bytes
    ? `the engine ${engine.name} has ${gigabytes(tensors)} at most`
    : `${limit.source} ${gigabytes(limit.bytes)}`;
}

/** Native TensorFlow has the whole machine. */
export function elsewhere({ tensors, limit }: Room): string {
  return tensors < limit.bytes ? '; native TensorFlow has more room (npm run engine:native)' : '';
}

/** The formats that take less than one. */
export function narrower<Format extends string>(from: string, { formats }: Room<Format>): readonly Format[] {
  const names: readonly string[] = formats;
  const place = names.indexOf(from);
  return place < 0 ? [] : formats.slice(place + 1);
}
