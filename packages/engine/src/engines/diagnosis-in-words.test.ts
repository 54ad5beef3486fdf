import { expect, it } from 'vitest';
import type { Diagnosis, EngineDiagnosis } from './diagnose.js';
import { diagnosisInWords } from './diagnosis-in-words.js';

const ready: EngineDiagnosis = {
  ...{
    name: 'tensorflow',
    state: 'ready',
    description: 'TensorFlow on the processor',
    devices: ['processor'],
  },
  largestModel: { run: 4e9, trainFull: 1e9, trainLora: 3.5e9 },
};

function wordsOf(engine: EngineDiagnosis): string[] {
  const diagnosis: Diagnosis = {
    ...{ node: 'v20', platform: 'linux x64', chosen: 'tensorflow', engines: [engine] },
    processor: { model: 'EPYC', cores: 2, features: ['avx2'] },
    memory: { total: 2 ** 30, free: 2 ** 29 },
  };
  return diagnosisInWords(diagnosis).split('\n');
}

it('says how an engine that works could work better', () => {
  expect(wordsOf({ ...ready, remedy: 'npm run engine:native' })).toEqual([
    'Node v20 on linux x64',
    'EPYC, 2 cores: avx2',
    'memory 1.0 GiB, 0.5 GiB free',
    '',
    '→ tensorflow: ready, TensorFlow on the processor',
    '    remedy: npm run engine:native',
    '    largest model, parameters: run 4.00 G, train 1.00 G, with LoRA 3.50 G',
  ]);
  expect(wordsOf(ready).join('\n')).not.toContain('remedy');
});
