import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const SOURCES = new URL('../../src/', import.meta.url).href;

/** Another process that runs a piece of TypeScript; `gex(path)` in it imports a module of src. */
export class Child {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(code: string, env: Readonly<Record<string, string>> = {}) {
    const script = `const gex = (path) => import(${JSON.stringify(SOURCES)} + path);\n${code}`;
    this.#process = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    if (!this.#process.stdout) throw new Error('no stdout');
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    onTestFinished(() => {
      this.#process.kill('SIGKILL');
    });
  }

  /** The next line it prints; undefined when it has ended. */
  async line(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}
