import { parseArgs } from 'node:util';
import { buildNative } from './native/build-native.js';

const usage = `Usage: engine:native [--from PATH] [--directory DIR]

Compiles tfjs-node's addon against a TensorFlow that is on this machine.

  --from PATH       Python environment with the tensorflow package, its site-packages, or an unpacked
                    libtensorflow archive. Default: the active Python environment.
  --directory DIR   project whose node_modules has (or gets) tfjs-node. Default: the current directory.
`;

try {
  const { values } = parseArgs({
    options: {
      from: { type: 'string' },
      directory: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) console.log(usage);
  else {
    const { from, directory } = values;
    await buildNative({
      ...(from !== undefined && { from }),
      ...(directory !== undefined && { directory }),
      report: (line) => console.log(line),
    });
  }
} catch (problem) {
  console.error((problem as Error).message);
  process.exitCode = (problem as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
