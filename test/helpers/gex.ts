import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The executable as users start it. */
export const EXECUTABLE = fileURLToPath(new URL('../../bin/gex.js', import.meta.url));

interface GexOptions {
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

export interface GexResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `gex` in an environment that holds nothing but PATH and what is given; it is killed when the test ends. */
export function startGex(
  args: readonly string[],
  { folder = tmpdir(), env = {} }: GexOptions = {},
): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [EXECUTABLE, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** What a started `gex` ends with. */
export async function ended(child: ChildProcess): Promise<GexResult> {
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([
    child.stdout && !child.stdout.destroyed ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    exit,
  ]);
  return { code, stdout, stderr };
}

/** Runs `gex` to its end. */
export function gex(args: readonly string[], options: GexOptions = {}): Promise<GexResult> {
  const child = startGex(args, options);
  child.stdin.on('error', () => {}); // a command that ends without reading its input is no fault of the test
  child.stdin.end(options.input ?? '');
  return ended(child);
}
