import type { Perturb } from '../worker/see-messages.js';

/** A perturbation that can be chosen, with the one figure that makes it stronger. */
export interface Strength {
  readonly name: string;
  readonly label: string;
  /** What the slider moves; nothing where there is nothing to move. */
  readonly figure?: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly usual: number;
  options(strength: number): Readonly<Record<string, unknown>>;
}

const none = { least: 0, most: 0, step: 1, usual: 0, options: () => ({}) };

export const preservingChoices: readonly Strength[] = [
  {
    ...{ name: 'colorJitter', label: 'colour jitter', figure: 'most change of a colour' },
    ...{ least: 0, most: 0.9, step: 0.05, usual: 0.5 },
    options: (strength) => {
      const range = [1 - strength, 1 + strength];
      return { brightness: range, contrast: range, saturation: range };
    },
  },
  {
    ...{ name: 'rotate', label: 'rotation', figure: 'degrees' },
    ...{ least: -45, most: 45, step: 1, usual: 8 },
    options: (degrees) => ({ degrees }),
  },
  {
    ...{ name: 'perspective', label: 'perspective', figure: 'share that corners move' },
    ...{ least: 0, most: 0.9, step: 0.05, usual: 0.2 },
    options: (distortionScale) => ({ distortionScale, probability: 1 }),
  },
  {
    ...{ name: 'gaussianBlur', label: 'slight blur', figure: 'σ, pixels' },
    ...{ least: 0.1, most: 4, step: 0.1, usual: 1 },
    options: (sigma) => ({ sigma, kernelSize: 15 }),
  },
  { name: 'identity', label: 'none', ...none },
];

export const removingChoices: readonly Strength[] = [
  {
    ...{ name: 'occlude', label: 'occlusion by noise', figure: 'rectangles; the authors’ 50' },
    ...{ least: 0, most: 300, step: 5, usual: 150 },
    options: (rectangles) => ({ rectangles }),
  },
  {
    ...{ name: 'zoomCrop', label: 'zoom', figure: 'share of the picture that is left' },
    ...{ least: 0.1, most: 1, step: 0.05, usual: 0.65 },
    options: (scale) => ({ scale }),
  },
  {
    ...{ name: 'patchMask', label: 'black cells', figure: 'chance of a cell' },
    ...{ least: 0, most: 1, step: 0.05, usual: 0.6 },
    options: (probability) => ({ probability }),
  },
  {
    ...{ name: 'gaussianBlur', label: 'heavy blur', figure: 'σ, pixels' },
    ...{ least: 0.5, most: 30, step: 0.5, usual: 10 },
    options: (sigma) => ({ sigma, kernelSize: 61 }),
  },
];

/** A choice at a strength, as the worker takes it. */
export const perturbOf = ({ name, options }: Strength, strength: number): Perturb => ({
  name,
  options: options(strength),
});
