import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { requireNames } from '@cppo/checked-options';
import { writeWholeFile } from '../directory/whole-file.js';
import type { StepMetrics } from '../logs/metrics-log.js';
import type { LoggedRun, RunLogger, RunOutcome } from './run-logger.js';

export interface MlflowOptions {
  /** Of the tracking server, such as `http://localhost:5000`. */
  readonly uri: string;
  /** Made when there is none of this name. */
  readonly experiment: string;
  /** Name of the run; that of its directory when left out. */
  readonly run?: string;
  /** For MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The most that one request of MLflow's REST API takes. */
const mostMetrics = 1000;
const mostParameters = 100;
const timeoutSeconds = 10;

interface Point {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/**
 * Logs to MLflow's tracking server by its REST API (2.0): the configuration as parameters, the figures of
 * each step as metrics.
 *
 * Keeps what cannot be sent and retries it at the next step. A resumed run continues the same MLflow run,
 * which `mlflow.json` in its directory identifies.
 *
 * @param options the server, experiment and run name.
 * @returns a logger.
 * @throws RangeError for an unknown option.
 */
export function mlflow(options: MlflowOptions): RunLogger {
  requireNames('mlflow', options, { uri: true, experiment: true, run: true, environment: true });
  const { uri, experiment, run: name, environment = process.env } = options;
  const server = uri.replace(/\/+$/, '');
  const headers = { 'content-type': 'application/json', ...authorization(environment) };
  let logged: LoggedRun | undefined;
  let id: string | undefined;
  let pending: Point[] = [];

  const request = async (method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${server}/api/2.0/mlflow/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    }).catch((error: Error) => {
      const cause = error.cause as { code?: string; message?: string } | undefined;
      throw new Error(
        `mlflow: ${server} does not answer (${cause?.code ?? cause?.message ?? error.message})`,
      );
    });
    const answer = (await response.json().catch(() => ({}))) as Answer;
    if (response.ok || answer.error_code === 'RESOURCE_DOES_NOT_EXIST') return answer;
    throw new Error(
      `mlflow: ${server} answered ${response.status} to ${path.split('?')[0]}${answer.message ? ` (${answer.message})` : ''}`,
    );
  };

  const begin = async ({ config, directory, earlier, evaluated }: LoggedRun): Promise<string> => {
    const memory = join(directory, 'mlflow.json');
    if (existsSync(memory)) {
      const kept = JSON.parse(readFileSync(memory, 'utf8')) as { uri: string; run: string };
      if (kept.uri === server) return kept.run;
    }
    const { experiment: known } = await request(
      'GET',
      `experiments/get-by-name?experiment_name=${encodeURIComponent(experiment)}`,
    );
    const { experiment_id } = known ?? (await request('POST', 'experiments/create', { name: experiment }));
    const { run } = await request('POST', 'runs/create', {
      experiment_id,
      run_name: name ?? basename(directory),
      start_time: Date.now(),
      tags: [{ key: 'mlflow.source.name', value: 'cppo train' }],
    });
    const started = run!.info.run_id;
    const params = Object.entries(flat(config)).map(([key, value]) => ({ key, value: value.slice(0, 500) }));
    for (let i = 0; i < params.length; i += mostParameters) {
      await request('POST', 'runs/log-batch', {
        run_id: started,
        params: params.slice(i, i + mostParameters),
      });
    }
    writeWholeFile(memory, `${JSON.stringify({ uri: server, experiment, run: started })}\n`);
    pending = [...earlier.flatMap(points), ...evaluated.flatMap(points), ...pending];
    return started;
  };

  const flush = async () => {
    id ??= await begin(logged!);
    while (pending.length > 0) {
      const part = pending.slice(0, mostMetrics);
      await request('POST', 'runs/log-batch', { run_id: id, metrics: part });
      pending = pending.slice(part.length);
    }
  };

  const add = async (metrics: StepMetrics) => {
    pending.push(...points(metrics));
    await flush();
  };

  return {
    async start(run) {
      logged = run;
      await flush();
      await request('POST', 'runs/update', { run_id: id, status: 'RUNNING' });
    },
    step: add,
    evaluation: add,
    async finish(outcome) {
      await flush();
      await request('POST', 'runs/update', { run_id: id, status: statuses[outcome], end_time: Date.now() });
    },
  };
}

const statuses: Readonly<Record<RunOutcome, string>> = {
  finished: 'FINISHED',
  stopped: 'KILLED',
  failed: 'FAILED',
};

/** The parts of MLflow's answers that are used. */
interface Answer {
  readonly error_code?: string;
  readonly message?: string;
  readonly experiment?: { readonly experiment_id: string };
  readonly experiment_id?: string;
  readonly run?: { readonly info: { readonly run_id: string } };
}

function points({ step, ...figures }: StepMetrics): Point[] {
  const timestamp = Date.now();
  return Object.entries(figures)
    .filter(([, value]) => Number.isFinite(value))
    .map(([key, value]) => ({ key, value, timestamp, step }));
}

/** Every key of a configuration by its dotted path. */
function flat(value: unknown, path = ''): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { [path]: typeof value === 'string' ? value : JSON.stringify(value) };
  }
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`)),
  );
}

function authorization(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user } = environment;
  if (token) return { authorization: `Bearer ${token}` };
  if (!user) return {};
  const pair = `${user}:${environment.MLFLOW_TRACKING_PASSWORD ?? ''}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
