import { type Ctx, systemClock } from '../../src/io/ctx.js';

const quiet = (): void => {};

/** The real clock, nobody who reads the log, and no interruption. */
export function quietCtx(): Ctx {
  return {
    clock: systemClock,
    signal: new AbortController().signal,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    progress: { start: () => ({ advance: quiet, done: quiet }) },
  };
}
