import { layout, size, sizes } from './layout.js';

export const copyLayout = layout(
  'Copy',
  {
    ...sizes('from', 'fromStep', 'to', 'toStep', 'runs', 'width', 'runsPerTask'),
    indices: size(
      'int32, which run to take for each; 0 for none. For gather, and then `outer` matrices of `fromRuns` runs.',
    ),
    ...sizes('indicesCount', 'fromRuns'),
  },
  { about: 'Runs of `width` words each from one place to another; steps are in bytes.' },
);

export const permutationLayout = layout('Permutation', {
  ...sizes('from', 'to', 'width', 'middle', 'inner', 'outerStep', 'middleStep', 'innerStep'),
  runs: size('outer · middle · inner.'),
  runsPerTask: size(),
});
