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
  /** Float32 parameters that can be trained in so many bytes, for the message of a run that fits in no form. */
  readonly largestTrained: (bytes: number) => { readonly trainFull: number; readonly trainLora: number };
}

/**
 * Checks whether a footprint stays within the room.
 *
 * @param footprint bytes.
 * @param room limits in bytes.
 * @returns true when it does.
 */
export function fits({ process, total }: Footprint, { limit, tensors }: Room): boolean {
  return total <= limit.bytes && total - process <= tensors;
}

/**
 * Refuses a weight format that the engine cannot multiply.
 *
 * @param weights requested format; undefined is accepted.
 * @param key of the setting, for the message.
 * @param room the engine and its formats.
 * @throws UserError when the engine does not multiply weights of the requested format.
 */
export function refuseFormat(weights: string | undefined, key: string, { engine, formats }: Room): void {
  if (weights === undefined || formats.includes(weights)) return;
  throw new UserError(
    `${key}: found ${weights}, but the engine ${engine.name} multiplies float32 weights only; expected float32, or an engine with kernels of our own (wasm, or npm run engine:native).`,
  );
}

/**
 * Warns on the error stream when the memory exists but other programs hold it at the moment.
 *
 * @param footprint bytes.
 * @param room limit and available memory, bytes.
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
