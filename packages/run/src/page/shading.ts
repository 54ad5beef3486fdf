/** A figure that tokens can be shaded by. */
export interface Shading<Name extends string = string> {
  readonly name: Name;
  readonly label: string;
  readonly unit: string;
  /** What a deep shade means, and a hatched one where values below 0 occur. */
  readonly meaning: string;
  readonly negative?: string;
}

export type RolloutShading = 'shift' | 'loss' | 'advantage' | 'surprise';

const shift: Shading<'shift'> = {
  name: 'shift',
  label: 'ΔH',
  unit: 'nats',
  meaning: 'entropy rises when the picture loses information',
  negative: 'it falls',
};
const surprise: Shading<'surprise'> = {
  name: 'surprise',
  label: '−log p',
  unit: 'nats',
  meaning: 'unlikely when it was sampled',
};

export const rolloutShadings: readonly Shading<RolloutShading>[] = [
  shift,
  { name: 'loss', label: 'CPL', unit: 'nats', meaning: 'contrastive perception loss' },
  {
    name: 'advantage',
    label: 'Advantage',
    unit: '',
    meaning: 'made likelier',
    negative: 'made less likely',
  },
  surprise,
];

export type InspectionShading = 'shift' | 'entropy' | 'removedEntropy' | 'surprise';

export const inspectionShadings: readonly Shading<InspectionShading>[] = [
  shift,
  { name: 'entropy', label: 'H', unit: 'nats', meaning: 'uncertain under the picture' },
  { name: 'removedEntropy', label: 'H⁻', unit: 'nats', meaning: 'uncertain under the removing view' },
  surprise,
];

/** A token with all its figures. */
export interface ShownToken<Name extends string = string> {
  readonly text: string;
  readonly perceives: boolean;
  /** By the name of the shading; unknown figures are absent. */
  readonly figures: Readonly<Partial<Record<Name, number>>>;
}

/**
 * Strength of the deepest shade: the 98th percentile of the absolute values, so that one outlier does not pale the
 * rest. One scale for all that a page shows makes shades comparable.
 */
export function scaleOf(values: readonly number[]): number {
  const sorted = values.map(Math.abs).sort((a, b) => a - b);
  return Math.max(1e-6, sorted[Math.ceil((sorted.length - 1) * 0.98)] ?? 0);
}
