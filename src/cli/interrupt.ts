import { ERROR_KINDS, GexError } from '../errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The first SIGINT or SIGTERM aborts with an `interrupted` error; the second one ends the process at once. */
export function abortOnSignals(abort: AbortController): void {
  let seen = false;
  const receive = (signal: NodeJS.Signals): void => {
    if (seen) process.exit(ERROR_KINDS.interrupted.exit);
    seen = true;
    abort.abort(new GexError('interrupted', `stopped by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, receive);
}
