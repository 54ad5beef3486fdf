import { mlflow, type RunLogger, tensorBoard, UserError } from '@cppo/run';
import { z } from 'zod';
import { checkedLogger } from '../checked/checked-logger.js';
import { hasMethods } from '../checked/kinds.js';
import { type BuiltIn, type ComponentKind, component, optionsOf, without } from '../components/component.js';
import type { ComponentSpec } from '../components/spec.js';

const mlflowOptions = z.strictObject({
  uri: z.url({
    protocol: /^https?$/,
    error: 'the address of a tracking server, such as http://localhost:5000',
  }),
  experiment: z.string().min(1).default('cppo'),
  run: z.string().min(1).optional(),
});

/** Loggers that a configuration can name. */
export const loggers: BuiltIn<RunLogger> = {
  tensorboard: (options, key) => {
    without(undefined)(options, key);
    return tensorBoard();
  },
  mlflow: (options, key) => {
    const uri = options.uri ?? process.env.MLFLOW_TRACKING_URI;
    if (uri === undefined) {
      throw new UserError(`${key}.uri: found nothing, expected it here or in MLFLOW_TRACKING_URI.`);
    }
    const { run, ...rest } = optionsOf(key, mlflowOptions, { ...options, uri });
    return mlflow({ ...rest, ...(run === undefined ? {} : { run }) });
  },
};

const kind: ComponentKind<RunLogger> = {
  expected: 'a logger: an object with start(run), step(metrics) and perhaps finish(outcome)',
  accepts: (value) => hasMethods(value, 'start', 'step'),
  watch: checkedLogger,
  builtIn: loggers,
};

/**
 * The loggers that a configuration names.
 *
 * @param chosen specs, in their order.
 * @returns the loggers.
 * @throws UserError when one cannot be made.
 */
export function chooseLoggers(chosen: readonly ComponentSpec[]): Promise<RunLogger[]> {
  return Promise.all(chosen.map((spec, i) => component(`loggers.${i}`, spec, kind)));
}
