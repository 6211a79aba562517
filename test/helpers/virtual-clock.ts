import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/io/ctx.js';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands until it is moved; loops that sleep on it go round as often as it is moved past their time. */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper: Sleeper = {
        dueMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      const stop = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Moves on, and waits until as many sleep as before. */
  async pass(ms: number): Promise<void> {
    const before = this.#sleepers.size;
    this.#nowMs += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.dueMs <= this.#nowMs) sleeper.wake();
    await this.asleep(before);
  }

  /** Resolves when `count` loops or more sleep. */
  async asleep(count: number): Promise<void> {
    while (this.#sleepers.size < count) await turn();
  }
}
