import { requireNames } from '@cppo/checked-options';
import type { SpeedReport } from './table.js';

/** An 8-bit colour image, interleaved RGB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface MeasurePerturbationsOptions<Random> {
  /** What is measured, by name: each makes `views` images of the one given. */
  readonly subjects: Readonly<
    Record<string, { readonly views: number; make(image: Picture, random: Random): unknown }>
  >;
  /** A fresh generator for each subject, so that all draw alike every time. */
  readonly random: () => Random;
  /** Pixels. Default 448. */
  readonly width?: number;
  /** Pixels. Default 448. */
  readonly height?: number;
  /** Seconds for each subject, after a tenth of it to warm up. Default 2. */
  readonly seconds?: number;
  /** Milliseconds since some moment. Default `performance.now`. */
  readonly now?: () => number;
}

export interface PerturbationSpeed {
  readonly name: string;
  /** Images made while measuring. */
  readonly images: number;
  /** Over the whole time measured. */
  readonly imagesPerSecond: number;
  /** Milliseconds an image, over batches of calls: the middle one and the fastest, which other load disturbs least. */
  readonly medianMilliseconds: number;
  readonly fastestMilliseconds: number;
}

const callsPerBatch = 20;

/**
 * Bytes given back before anything is timed. C libraries learn from a large block that is freed to keep memory for the
 * next one, where they returned each picture's to the system before; a process that reads pictures is past that, and Pillow
 * keeps a pool of its own. glibc learns from blocks below 32 MiB only.
 */
const freedFirst = 30_000_000;

/**
 * Measures images per second of perturbations, on one thread and one picture; `tools/peers/perturb.py`
 * measures Pillow and torchvision on the same picture in the same way and prints rows of the same names.
 *
 * @param options picture, perturbations and time.
 * @returns the rate of each perturbation.
 */
export function measurePerturbations<Random>(
  options: MeasurePerturbationsOptions<Random>,
): readonly PerturbationSpeed[] {
  requireNames('measurePerturbations', options, {
    subjects: true,
    random: true,
    width: true,
    height: true,
    seconds: true,
    now: true,
  });
  const { subjects, width = 448, height = 448, seconds = 2, now = () => performance.now() } = options;
  const image = picture(width, height);
  new Uint8Array(freedFirst).fill(1);
  return Object.entries(subjects).map(([name, { views, make }]) => {
    const random = options.random();
    const batch = () => {
      const start = now();
      for (let call = 0; call < callsPerBatch; call++) make(image, random);
      return now() - start;
    };
    const warm = now() + seconds * 100;
    do batch();
    while (now() < warm);

    const batches: number[] = [];
    const begin = now();
    do batches.push(batch() / (callsPerBatch * views));
    while (now() < begin + seconds * 1000);
    const elapsed = now() - begin;
    const images = batches.length * callsPerBatch * views;
    batches.sort((left, right) => left - right);
    return {
      name,
      images,
      imagesPerSecond: (1000 * images) / elapsed,
      medianMilliseconds: batches[Math.floor(batches.length / 2)]!,
      fastestMilliseconds: batches[0]!,
    };
  });
}

/** Our rows beside those of a peer, measured in turns in one run; the best of each counts. */
export interface PerturbMeasurements {
  readonly width: number;
  readonly height: number;
  /** One list for each turn. */
  readonly ours: readonly (readonly PerturbationSpeed[])[];
  readonly peer?: {
    /** Names and versions. */
    readonly with: string;
    readonly turns: readonly (readonly PerturbationSpeed[])[];
  };
  /** Why there is no peer. */
  readonly missing?: string;
}

/**
 * Tabulates images per second of each perturbation, with the ratio to the peer where there is one.
 *
 * @param measurements ours and the peer's.
 * @returns the table.
 */
export function perturbReport({ width, height, ours, peer, missing }: PerturbMeasurements): SpeedReport {
  const rate = (turns: readonly (readonly PerturbationSpeed[])[], name: string) => {
    const rates = turns.flatMap((rows) => rows.filter((row) => row.name === name));
    return rates.length === 0 ? undefined : Math.max(...rates.map((row) => row.imagesPerSecond));
  };
  const rows = (ours[0] ?? []).map(({ name }) => {
    const imagesPerSecond = rate(ours, name)!;
    const theirs = peer && rate(peer.turns, name);
    return {
      name,
      imagesPerSecond,
      ...(theirs === undefined ? {} : { peer: theirs, ratio: imagesPerSecond / theirs }),
    };
  });
  return {
    json: { width, height, threads: 1, turns: ours.length, ...(peer && { peer: peer.with }), rows },
    tables: [
      {
        title: `Perturbations of one picture of ${width}×${height}, one thread, images a second (best of ${ours.length} turns)`,
        columns: ['perturbation', 'cppo', ...(peer ? ['peer', 'ratio'] : [])],
        rows: rows.map(({ name, imagesPerSecond, peer: theirs, ratio }) => [
          name,
          imagesPerSecond.toFixed(0),
          ...(peer ? [theirs?.toFixed(0), ratio && `${ratio.toFixed(1)} ×`] : []).map(
            (cell) => cell || undefined,
          ),
        ]),
        notes: [
          ...(peer ? [`Peer: ${peer.with}, one thread too.`] : []),
          ...(missing === undefined ? [] : [`No peer: ${missing}.`]),
        ],
      },
    ],
  };
}

/** Colour ramps with fine texture; whole numbers only, so that the peers' script draws the very same. */
function picture(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++, at++) {
        data[at] = Math.floor((x * (channel + 1) + y * (3 - channel)) / 4) + (((x ^ y) & 7) << 2);
      }
    }
  }
  return { width, height, data };
}
