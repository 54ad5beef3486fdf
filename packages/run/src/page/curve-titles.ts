/** Figures that most people read first, in this order; loss terms besides these follow the loss. */
const titles: Readonly<Record<string, string>> = {
  'evaluation/accuracy': 'Held-out accuracy',
  'reward/mean': 'Reward',
  'reward/accuracy': 'Accuracy',
  'completion/length': 'Completion length, tokens',
  'loss/total': 'Loss',
  'loss/policy': 'Policy loss',
  'loss/cppo': 'Perception loss (CPL)',
  'loss/kl': 'KL loss',
  'policy/kl': 'KL to the reference, nats',
  'policy/entropy': 'Entropy, nats',
  'gradient/norm': 'Gradient norm',
  'cppo/tokens': 'Perception tokens a step',
  'cppo/shift': 'Mean ΔH, nats',
  'groups/zeroVariance': 'Groups with equal rewards',
  'tokens/second': 'Tokens a second',
  'process/memory': 'Memory of the process, GB',
  'process/processor': 'Share of the processors',
};

/** What a figure is called on a page. */
export const titleOf = (name: string): string => titles[name] ?? name;

/** Figures that get a curve: those to look at first, and the others. Seconds of the phases have a table of their own. */
export function curveNames(columns: Readonly<Record<string, readonly (number | null)[]>>): {
  readonly first: string[];
  readonly others: string[];
} {
  const names = Object.keys(columns).filter(
    (name) => !name.startsWith('seconds/') && columns[name]?.some((value) => value !== null),
  );
  const known = Object.keys(titles).filter((name) => names.includes(name));
  const losses = names.filter((name) => name.startsWith('loss/') && !(name in titles));
  const first = [...known, ...losses];
  return { first, others: names.filter((name) => !first.includes(name)) };
}
