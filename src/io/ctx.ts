/** Time as a dependency: a whole day runs in a test under a fake clock. */
export interface Clock {
  /** Epoch milliseconds UTC. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** One running piece of long work. `advance` counts units; `done` ends the display. */
export interface ProgressTask {
  advance(units: number, note?: string): void;
  done(note?: string): void;
}

export interface Progress {
  /** `total` is undefined when it is not known beforehand. */
  start(label: string, total?: number, options?: ProgressOptions): ProgressTask;
}

export interface ProgressOptions {
  /** A part of another task: only a live display shows it, and forgets it when it is done. Its note says how far it is. */
  readonly detail?: boolean;
}

/** Everything ambient a job may use; always the last argument. */
export interface Ctx {
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
    }),
};
