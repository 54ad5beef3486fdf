// examples/cluster without a cluster: what the manifests say to each other, and the shells with a stand-in for the program.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const examples = fileURLToPath(new URL('../../../examples/cluster/', import.meta.url));

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-launchers-'));
});
afterAll(() => rmSync(root, { recursive: true }));

// biome-ignore lint/suspicious/noExplicitAny: whatever a manifest holds; the tests say what it must be.
type Manifest = any;

function manifests(name: string): Record<string, Manifest> {
  const text = readFileSync(join(examples, 'kubernetes', name), 'utf8');
  const documents = parseAllDocuments(text, { uniqueKeys: true }).map((each) => each.toJS());
  return Object.fromEntries(documents.map((each) => [each.kind, each]));
}

const { PersistentVolumeClaim: claim, NetworkPolicy: policy } = manifests('shared.yaml');
const { Service: service, Job: job } = manifests('job.yaml');
const { JobSet: jobSet } = manifests('jobset.yaml');
const { TFJob: tfJob } = manifests('tfjob.yaml');
const innerJob = jobSet.spec.replicatedJobs[0].template.spec;
const PORT = 2222;

describe.each([
  ['job.yaml', job.spec.template],
  ['jobset.yaml', innerJob.template],
  ['tfjob.yaml', tfJob.spec.tfReplicaSpecs.Worker.template],
])('a learner of %s', (_, { metadata, spec }) => {
  const [container] = spec.containers;

  it('keeps run and configuration on the shared disk', () => {
    const [mount] = container.volumeMounts;
    expect(spec.volumes).toEqual([
      { name: mount.name, persistentVolumeClaim: { claimName: claim.metadata.name } },
    ]);
    const command = container.command.join(' ');
    expect(command).toMatch(
      new RegExp(`cppo train --run ${mount.mountPath}/\\S+ --config ${mount.mountPath}/\\S+$`),
    );
    expect(claim.spec.accessModes).toEqual(['ReadWriteMany']);
  });

  it('is reached at one port, by learners alone', () => {
    expect(container.ports.map((port: Manifest) => port.containerPort)).toEqual([PORT]);
    expect(policy.spec).toEqual({
      podSelector: { matchLabels: metadata.labels },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: metadata.labels } }],
          ports: [{ protocol: 'TCP', port: PORT }],
        },
      ],
    });
  });

  it('has the time to write a checkpoint, and a limit of memory that cppo reads', () => {
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(300);
    expect(container.resources.limits.memory).toBe(container.resources.requests.memory);
    expect(spec.automountServiceAccountToken).toBe(false);
  });
});

/** The names under which pods of an Indexed Job find each other. */
const podNames = (jobName: string, { completions }: Manifest, subdomain: string) =>
  Array.from({ length: completions }, (_, index) => `${jobName}-${index}.${subdomain}:${PORT}`);

const environment = (spec: Manifest) => spec.template.spec.containers[0].env;
const rankOfPod = {
  name: 'CPPO_RANK',
  valueFrom: { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } },
};
const onExit = (containerName: string, ...values: number[]) => ({ containerName, operator: 'In', values });

describe('job.yaml', () => {
  it('names its learners as the service does', () => {
    expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(service.spec.selector).toEqual(job.spec.template.metadata.labels);
    expect(service.spec.ports.map((port: Manifest) => port.port)).toEqual([PORT]);
    expect(job.spec.template.spec.subdomain).toBe(service.metadata.name);
    expect(environment(job.spec)).toEqual([
      {
        name: 'CPPO_LEARNERS',
        value: podNames(job.metadata.name, job.spec, service.metadata.name).join(','),
      },
      rankOfPod,
    ]);
    expect(job.spec).toMatchObject({ completionMode: 'Indexed', parallelism: job.spec.completions });
  });

  it('ends at wrong input and goes on after a lost learner', () => {
    // Kubernetes takes the first rule that fits, and rules at all only beside restartPolicy Never.
    expect(job.spec.template.spec.restartPolicy).toBe('Never');
    expect(job.spec.podFailurePolicy.rules).toEqual([
      { action: 'FailJob', onExitCodes: onExit('learner', 2, 3) },
      { action: 'Ignore', onExitCodes: onExit('learner', 75) },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ]);
    expect(job.spec.template.spec.containers[0].name).toBe('learner');
    expect(job.spec.successPolicy).toEqual({ rules: [{ succeededIndexes: '0' }] });
  });
});

describe('jobset.yaml', () => {
  const [replicated] = jobSet.spec.replicatedJobs;

  it('names its learners as JobSet does', () => {
    const { network } = jobSet.spec;
    expect(network.enableDNSHostnames).toBe(true);
    expect(replicated.replicas).toBe(1);
    const name = `${jobSet.metadata.name}-${replicated.name}-0`;
    expect(environment(innerJob)).toEqual([
      { name: 'CPPO_LEARNERS', value: podNames(name, innerJob, network.subdomain).join(',') },
      rankOfPod,
    ]);
    expect(innerJob).toMatchObject({ completionMode: 'Indexed', parallelism: innerJob.completions });
  });

  it('ends at wrong input and starts all again after a lost learner', () => {
    expect(innerJob.template.spec.restartPolicy).toBe('Never');
    expect(innerJob.backoffLimit).toBe(0);
    expect(innerJob.podFailurePolicy.rules).toEqual([
      { action: 'FailJob', onExitCodes: onExit('learner', 2, 3) },
    ]);
    expect(jobSet.spec.failurePolicy).toMatchObject({
      restartStrategy: 'BlockingRecreate',
      rules: [{ action: 'FailJobSet', onJobFailureReasons: ['PodFailurePolicy'] }],
    });
    expect(jobSet.spec.failurePolicy.maxRestarts).toBeGreaterThan(0);
  });
});

/** A program that ends with what the file of this name holds, one number a start, and tells how it was started. */
function standIn(name: string, codes: readonly (number | 'wait')[]): string {
  const folder = mkdtempSync(join(root, 'stand-in-'));
  writeFileSync(join(folder, 'codes'), codes.join('\n'));
  const program = join(folder, name);
  writeFileSync(
    program,
    `#!/bin/sh
echo "\${CPPO_LEARNERS:-} \${CPPO_RANK:-} $*"
read code < '${folder}/codes'
sed -i 1d '${folder}/codes'
[ "$code" != wait ] && exit "$code"
trap 'sleep 0.3; exit 3' TERM
echo waiting
while :; do sleep 0.05; done
`,
  );
  chmodSync(program, 0o755);
  return folder;
}

function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = '';
  child.stdout?.on('data', (piece) => {
    said += piece;
    if (said.includes('waiting')) child.kill('SIGTERM');
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}

describe.skipIf(process.platform === 'win32')('two-hosts.sh', () => {
  const start = (codes: readonly (number | 'wait')[], env: Readonly<Record<string, string>> = {}) =>
    ended(
      spawn('sh', [join(examples, 'two-hosts.sh'), '1', '--run', '/shared/run a'], {
        env: { ...env, PATH: `${standIn('npx', codes)}${delimiter}${process.env.PATH}` },
      }),
    );

  it('gives the program addresses, rank and options, and ends with it', async () => {
    expect(await start([0])).toEqual({
      code: 0,
      said: 'alpha:2222,beta:2222 1 cppo train --run /shared/run a\n',
    });
    expect((await start([0], { CPPO_LEARNERS: 'a:1,b:2' })).said).toMatch(/^a:1,b:2 1 cppo/);
  });

  it('starts again after a lost learner, and not after wrong input', async () => {
    const lost = await start([75, 0]);
    expect([lost.code, lost.said.match(/cppo train/g)]).toEqual([0, ['cppo train', 'cppo train']]);
    for (const code of [2, 3, 143]) expect((await start([code, 0])).code).toBe(code);
  });
});

describe.skipIf(process.platform === 'win32')('tfjob.yaml', () => {
  const { restartPolicy, template } = tfJob.spec.tfReplicaSpecs.Worker;
  const [container] = template.spec.containers;

  /** The container's command, with a stand-in where the program is. */
  function start(codes: readonly (number | 'wait')[]) {
    const program = join(standIn('cppo', codes), 'cppo');
    const [shell, ...words] = container.command.map((word: string) =>
      word.endsWith('/cppo') && !word.startsWith('/') ? program : word,
    );
    return ended(spawn(shell, words));
  }

  it('has the names that the operator looks for', () => {
    expect(container.name).toBe('tensorflow');
    expect(container.ports[0].name).toBe('tfjob-port');
  });

  it('ends at wrong input and goes on after a lost learner', async () => {
    // The operator starts again from 128 on.
    expect(restartPolicy).toBe('ExitCode');
    expect(await start([0])).toEqual({
      code: 0,
      said: '  train --run /shared/runs/a --config /shared/run.yaml\n',
    });
    for (const code of [1, 2, 3]) expect((await start([code])).code).toBe(code);
    expect((await start([75])).code).toBe(203);
  });

  it('hands SIGTERM on and waits for the checkpoint', async () => {
    // Not the 143 of the signal, but what the program said after it: this one had no room for its checkpoint.
    expect((await start(['wait'])).code).toBe(3);
  });
});
