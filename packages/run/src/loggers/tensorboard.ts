import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { appendWhole } from '../directory/whole-file.js';
import type { StepMetrics } from '../logs/metrics-log.js';
import type { RunLogger } from './run-logger.js';

/**
 * Logs to a TensorBoard event file: TFRecord frames (length, its masked CRC-32C, payload, its masked CRC-32C)
 * around protobuf `Event` messages (tensorflow/core/util/event.proto: wall_time = 1, step = 2, file_version =
 * 3, summary = 5).
 *
 * When a run resumes, the file is rewritten from the metrics that were kept.
 *
 * @returns a logger.
 */
export function tensorBoard(): RunLogger {
  let path: string;
  const append = (metrics: StepMetrics) => appendWhole(path, scalarEvent(Date.now() / 1000, metrics));
  return {
    start({ directory, earlier, evaluated }) {
      for (const name of readdirSync(directory)) {
        if (name.startsWith('events.out.tfevents.')) rmSync(join(directory, name));
      }
      const now = Date.now() / 1000;
      path = join(directory, `events.out.tfevents.${Math.floor(now)}.${hostname()}`);
      writeFileSync(
        path,
        Buffer.concat([
          fileHeader(now),
          ...[...earlier, ...evaluated].map((metrics) => scalarEvent(now, metrics)),
        ]),
      );
    },
    step: append,
    evaluation: append,
  };
}

/** The first frame of an event file. @param wallTime seconds since 1970. */
export function fileHeader(wallTime: number): Uint8Array {
  return frame(concat([doubleField(1, wallTime), bytesField(3, text('brain.Event:2'))]));
}

/** One frame with the finite figures of a step. @param wallTime seconds since 1970. */
export function scalarEvent(wallTime: number, { step, ...values }: StepMetrics): Uint8Array {
  const summary = Object.entries(values)
    .filter(([, value]) => Number.isFinite(value))
    // Summary.value = 1; Value.tag = 1, Value.simple_value = 2.
    .map(([tag, value]) => bytesField(1, concat([bytesField(1, text(tag)), floatField(2, value)])));
  return frame(
    concat([doubleField(1, wallTime), varint(2 << 3), varint(step), bytesField(5, concat(summary))]),
  );
}

function frame(payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(16 + payload.length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, maskedCrc(out.subarray(0, 8)), true);
  out.set(payload, 12);
  view.setUint32(12 + payload.length, maskedCrc(payload), true);
  return out;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.of(...bytes, rest);
    bytes.push((rest % 128) | 128);
  }
}

function bytesField(field: number, payload: Uint8Array): Uint8Array {
  return concat([varint((field << 3) | 2), varint(payload.length), payload]);
}

function doubleField(field: number, value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setFloat64(0, value, true);
  return concat([varint((field << 3) | 1), out]);
}

function floatField(field: number, value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setFloat32(0, value, true);
  return concat([varint((field << 3) | 5), out]);
}
