import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Loggers } from './fan-out.js';
import { mlflow } from './mlflow.js';
import type { LoggedRun } from './run-logger.js';

/** A tracking server that keeps what it is sent, and answers as MLflow does. */
interface Tracker {
  readonly requests: {
    readonly path: string;
    readonly headers: Record<string, unknown>;
    readonly body: Body;
  }[];
  failing: boolean;
}
// biome-ignore lint/suspicious/noExplicitAny: what a test looks at differs from request to request.
type Body = any;

let server: Server;
let tracker: Tracker;
let uri: string;
let directory: string;
let run: LoggedRun;

beforeEach(async () => {
  tracker = { requests: [], failing: false };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const path = request.url!.replace('/api/2.0/mlflow/', '');
      tracker.requests.push({ path, headers: request.headers, body: text === '' ? {} : JSON.parse(text) });
      const answers: Record<string, [number, object]> = {
        'experiments/get-by-name': [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }],
        'experiments/create': [200, { experiment_id: '7' }],
        'runs/create': [200, { run: { info: { run_id: 'abc' } } }],
      };
      const [status, answer] = tracker.failing
        ? [500, { error_code: 'INTERNAL_ERROR', message: 'no disk' }]
        : (answers[path.split('?')[0]!] ?? [200, {}]);
      response
        .writeHead(status as number, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  directory = mkdtempSync(join(tmpdir(), 'cppo-mlflow-'));
  run = { config: { seed: 3, objective: { cppo: { ratio: 0.5 } } }, directory, earlier: [], evaluated: [] };
});

afterEach(async () => {
  rmSync(directory, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

const logger = (environment = {}) => mlflow({ uri: `${uri}/`, experiment: 'digits & co', environment });
const sent = (path: string) => tracker.requests.filter((request) => request.path.startsWith(path));
const metricsSent = () => sent('runs/log-batch').flatMap(({ body }) => body.metrics ?? []);

it('makes the experiment and the run, and sends configuration, figures and the end', async () => {
  const one = logger({ MLFLOW_TRACKING_TOKEN: 'secret' });
  await one.start(run);
  await one.step({ step: 1, 'loss/total': 0.5, 'reward/mean': 0.25, unknown: Number.NaN });
  await one.evaluation!({ step: 1, 'evaluation/accuracy': 0.75 });
  await one.finish!('finished');
  expect(tracker.requests[0]!.path).toBe('experiments/get-by-name?experiment_name=digits%20%26%20co');
  expect(sent('experiments/create')[0]!.body).toEqual({ name: 'digits & co' });
  expect(sent('runs/create')[0]!.body).toMatchObject({ experiment_id: '7' });
  const params = sent('runs/log-batch').flatMap(({ body }) => body.params ?? []);
  expect(params).toContainEqual({ key: 'seed', value: '3' });
  expect(params).toContainEqual({ key: 'objective.cppo.ratio', value: '0.5' });
  expect(metricsSent()).toMatchObject([
    { key: 'loss/total', value: 0.5, step: 1 },
    { key: 'reward/mean', value: 0.25, step: 1 },
    { key: 'evaluation/accuracy', value: 0.75, step: 1 },
  ]);
  expect(sent('runs/update').map(({ body }) => body.status)).toEqual(['RUNNING', 'FINISHED']);
  for (const { headers } of tracker.requests) expect(headers.authorization).toBe('Bearer secret');
  expect(readFileSync(join(directory, 'mlflow.json'), 'utf8')).not.toContain('secret');
});

it('goes on with the same run there when the run goes on', async () => {
  const first = logger();
  await first.start(run);
  await first.finish!('stopped');
  const second = logger();
  await second.start({ ...run, earlier: [{ step: 1, loss: 1 }] });
  await second.step({ step: 2, loss: 2 });
  expect(sent('runs/create')).toHaveLength(1);
  expect(metricsSent()).toMatchObject([{ key: 'loss', value: 2, step: 2 }]);
});

it('sends at most a thousand figures at once, those of a run that began without it too', async () => {
  const earlier = Array.from({ length: 1500 }, (_, i) => ({ step: i + 1, loss: i }));
  await logger().start({ ...run, earlier });
  const batches = sent('runs/log-batch').flatMap(({ body }) => (body.metrics ? [body.metrics.length] : []));
  expect(batches).toEqual([1000, 500]);
});

it('costs one warning when the server fails, and nothing is lost when it is back', async () => {
  const warn = vi.fn();
  const all = new Loggers([logger()], warn);
  tracker.failing = true;
  all.start(run);
  all.step({ step: 1, loss: 1 });
  all.step({ step: 2, loss: 2 });
  await vi.waitFor(() => expect(sent('experiments/get-by-name')).toHaveLength(3));
  tracker.failing = false;
  all.step({ step: 3, loss: 3 });
  await all.finish('finished');
  expect(metricsSent().map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    `loggers.0: mlflow: ${uri} answered 500 to experiments/get-by-name (no disk); the run continues, and metrics.jsonl has every figure`,
  );
});

it('says which address does not answer', async () => {
  const warn = vi.fn();
  const all = new Loggers([mlflow({ uri: 'http://127.0.0.1:9', experiment: 'x', environment: {} })], warn);
  all.start(run);
  await all.finish('failed');
  expect(warn.mock.calls).toEqual([[expect.stringContaining('mlflow: http://127.0.0.1:9 does not answer')]]);
});
