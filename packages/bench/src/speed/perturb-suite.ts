import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { requireNames } from '@cppo/checked-options';
import {
  colorJitter,
  cppoVerl,
  gaussianBlur,
  makeViews,
  occlude,
  perspective,
  type Random,
  type RgbImage,
  rotate,
  seededRandom,
  zoomCrop,
} from '@cppo/perturb';
import { UserError } from '@cppo/run';
import { perturbPeerFile } from '../built-files.js';
import { measurePerturbations, type PerturbationSpeed, perturbReport } from './perturb.js';
import type { SpeedReport } from './table.js';

const run = promisify(execFile);

const [WIDTH, HEIGHT] = [448, 448];
/** Both sides take turns, so that a disturbance meets both. */
const TURNS = 3;
const SECONDS = 1;

/** Named as in tools/peers/perturb.py. */
const perturbations = {
  colorJitter: colorJitter(),
  perspective: perspective({ probability: 1 }),
  rotate: rotate(),
  gaussianBlur: gaussianBlur(),
  occlude: occlude(),
  zoomCrop: zoomCrop(),
};

const subjects = {
  ...Object.fromEntries(Object.entries(perturbations).map(([name, make]) => [name, { views: 1, make }])),
  cppoVerl: { views: 2, make: (image: RgbImage, random: Random) => makeViews(image, cppoVerl, random) },
};

export interface PerturbSuiteOptions {
  /** Python that has Pillow and torchvision. Default `python3`, where it has them. */
  readonly python?: string;
}

/** Each perturbation and the authors' mix, beside Pillow and torchvision where a Python has them. */
export async function perturbSuite(
  options: PerturbSuiteOptions,
  progress: (line: string) => void,
): Promise<SpeedReport> {
  requireNames('perturbSuite', options, { python: true });
  const { python } = options;
  const interpreter = python ?? 'python3';
  const missing = existsSync(perturbPeerFile)
    ? await lacks(interpreter)
    : 'its script is in the repository, tools/peers/perturb.py, not in the package';
  if (python !== undefined && missing) throw new UserError(`--python: ${missing}.`);

  const ours: (readonly PerturbationSpeed[])[] = [];
  const theirs: (readonly (PerturbationSpeed & { with: string })[])[] = [];
  for (let turn = 1; turn <= TURNS; turn++) {
    progress(`turn ${turn} of ${TURNS}`);
    ours.push(
      measurePerturbations({
        ...{ subjects, width: WIDTH, height: HEIGHT, seconds: SECONDS },
        random: () => seededRandom('speed'),
      }),
    );
    if (missing) continue;
    const sizes = ['--width', `${WIDTH}`, '--height', `${HEIGHT}`, '--seconds', `${SECONDS}`];
    const { stdout } = await run(interpreter, [perturbPeerFile, ...sizes]);
    theirs.push(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  }
  return perturbReport({
    ...{ width: WIDTH, height: HEIGHT, ours },
    ...(missing ? { missing } : { peer: { with: theirs[0]?.[0]?.with ?? interpreter, turns: theirs } }),
  });
}

/** Why some Python cannot be measured; undefined when it can. */
async function lacks(interpreter: string): Promise<string | undefined> {
  try {
    await run(interpreter, ['-c', 'import numpy, PIL, torchvision']);
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === 'ENOENT')
      return `${interpreter} is not there, expected a Python with Pillow and torchvision`;
    return `${interpreter} does not import Pillow and torchvision (${stderr?.trim().split('\n').at(-1) ?? code})`;
  }
}
