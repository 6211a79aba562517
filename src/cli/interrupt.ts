import { ERROR_KINDS, GexError } from '../errors.js';

/** The reason of an abort by SIGTERM: the end of a command that works until it is stopped, an interruption of any other. */
export const TERMINATED = new GexError('interrupted', 'stopped by SIGTERM');

const REASONS = { SIGINT: new GexError('interrupted', 'stopped by SIGINT'), SIGTERM: TERMINATED } as const;

/** The first SIGINT or SIGTERM aborts with an `interrupted` error; the second one ends the process at once. */
export function abortOnSignals(abort: AbortController): void {
  let seen = false;
  const receive = (reason: GexError): void => {
    if (seen) process.exit(ERROR_KINDS.interrupted.exit);
    seen = true;
    abort.abort(reason);
  };
  for (const [signal, reason] of Object.entries(REASONS)) process.on(signal, () => receive(reason));
}
