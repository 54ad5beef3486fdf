import { describe, expect, it } from 'vitest';
import { readLearners } from './read-learners.js';

const tfConfig = (value: unknown) => readLearners({ TF_CONFIG: JSON.stringify(value) });

describe('readLearners', () => {
  it('takes TF_CONFIG as Ray Train, TFJob and Vertex AI write it', () => {
    const worker = ['a:1', 'b:2', 'c:3'];
    expect(tfConfig({ cluster: { worker }, task: { type: 'worker', index: 2 } })).toEqual({
      rank: 2,
      addresses: worker,
    });
    // The chief comes first; index as text, further keys and an evaluator do not matter.
    const config = {
      cluster: { worker: ['b:2'], chief: ['a:1'], evaluator: ['e:1'] },
      task: { type: 'worker', index: '0', trial: 'x' },
      environment: 'cloud',
    };
    expect(tfConfig(config)).toEqual({ rank: 1, addresses: ['a:1', 'b:2'] });
    expect(tfConfig({ ...config, task: { type: 'chief', index: 0 } })?.rank).toBe(0);
  });

  it('takes the two variables of its own first', () => {
    expect(
      readLearners({
        CPPO_LEARNERS: 'a:1, [::1]:2',
        CPPO_RANK: '1',
        TF_CONFIG: '{"cluster":{"ps":["p:1"]}}',
      }),
    ).toEqual({ rank: 1, addresses: ['a:1', '[::1]:2'] });
  });

  it('finds none where there is no other', () => {
    expect(readLearners({})).toBeUndefined();
    expect(readLearners({ TF_CONFIG: '' })).toBeUndefined();
    expect(readLearners({ CPPO_LEARNERS: 'a:1', CPPO_RANK: '0' })).toBeUndefined();
    expect(tfConfig({ cluster: { worker: ['a:1'] }, task: { type: 'worker', index: 0 } })).toBeUndefined();
    expect(tfConfig({ environment: 'cloud' })).toBeUndefined();
  });

  it.each<[string, Record<string, string>]>([
    ['CPPO_RANK: found "", expected a whole number from 0 to 1', { CPPO_LEARNERS: 'a:1,b:2' }],
    [
      'CPPO_RANK: found "2", expected a whole number from 0 to 1',
      { CPPO_LEARNERS: 'a:1,b:2', CPPO_RANK: '2' },
    ],
    ['CPPO_LEARNERS: found "b", expected host:port.', { CPPO_LEARNERS: 'a:1,b', CPPO_RANK: '0' }],
    ['CPPO_LEARNERS: found a:1 twice', { CPPO_LEARNERS: 'a:1,a:1', CPPO_RANK: '0' }],
    ['TF_CONFIG: it is not JSON', { TF_CONFIG: '{' }],
    [
      'TF_CONFIG: found ps in the cluster, expected workers',
      { TF_CONFIG: '{"cluster":{"ps":["a:1"],"worker":[]}}' },
    ],
    [
      'TF_CONFIG: cluster.worker is "a:1", expected {"cluster"',
      { TF_CONFIG: '{"cluster":{"worker":"a:1"}}' },
    ],
    [
      'TF_CONFIG: found task worker 2, expected one of worker 0, worker 1.',
      { TF_CONFIG: '{"cluster":{"worker":["a:1","b:1"]},"task":{"type":"worker","index":2}}' },
    ],
    [
      'TF_CONFIG: found no task, expected one of worker 0',
      { TF_CONFIG: '{"cluster":{"worker":["a:1","b:1"]}}' },
    ],
  ])('%s', (sentence, environment) => {
    expect(() => readLearners(environment)).toThrow(sentence);
  });
});
