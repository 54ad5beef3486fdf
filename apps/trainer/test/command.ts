import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What TensorFlow's library logs when it starts, before it can be told not to; no words of the program. */
const nativeLog =
  /^(?:WARNING: All log messages before absl::InitializeLog\(\)|[IWE]\d{4} \d\d:\d\d:\d+\.).*\n/gm;

const withoutNativeLog = (stderr: string) => stderr.replace(nativeLog, '');

/** Runs the built program as a user would. `onStderr` sees what it has said so far and may send it signals. */
export function cppo(
  parameters: readonly string[],
  options: {
    cwd?: string;
    /** Beside the variables of this process. */
    env?: Readonly<Record<string, string>>;
    onStart?: (child: ChildProcess) => void;
    onStderr?: (said: string, child: ChildProcess) => void;
  } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...parameters], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    options.onStart?.(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (piece) => {
      stdout += piece;
    });
    child.stderr.on('data', (piece) => {
      stderr += piece;
      options.onStderr?.(stderr, child);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr: withoutNativeLog(stderr) }));
  });
}
