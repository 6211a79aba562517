/**
 * The error kinds of the toolkit: process exit code, HTTP status, and whether trying again can help.
 * Any error that is not a GexError is a bug: exit 1, HTTP 500.
 */
export const ERROR_KINDS = {
  usage: { exit: 2, status: 400, retried: false, means: 'flag, argument or configuration' },
  auth: { exit: 3, status: 401, retried: false, means: 'credential missing or refused' },
  upstream: { exit: 4, status: 502, retried: true, means: 'network, 429, 5xx or a stream cut' },
  data: { exit: 5, status: 422, retried: false, means: 'payload or file breaks its contract' },
  storage: { exit: 6, status: 503, retried: false, means: 'disk, lock or database' },
  missing: { exit: 7, status: 404, retried: false, means: 'asked for what does not exist' },
  partial: { exit: 8, status: 500, retried: false, means: 'some tasks failed; the report lists them' },
  interrupted: { exit: 130, status: 503, retried: false, means: 'SIGINT or SIGTERM' },
} as const;

export type ErrorKind = keyof typeof ERROR_KINDS;

/** An error with a kind and one sentence that names the thing, what was found and what to do. */
export class GexError extends Error {
  override readonly name = 'GexError';
  readonly kind: ErrorKind;
  /** Further faults of the same kind, one line each (all wrong options, all failed rows). */
  readonly details: readonly string[];

  constructor(
    kind: ErrorKind,
    message: string,
    options: { readonly cause?: unknown; readonly details?: readonly string[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.details = options.details ?? [];
  }
}

/** The process exit code of any thrown value; 1 for anything that is not a GexError. */
export function exitCodeOf(error: unknown): number {
  return error instanceof GexError ? ERROR_KINDS[error.kind].exit : 1;
}

/** The HTTP status of any thrown value; 500 for anything that is not a GexError. */
export function statusOf(error: unknown): number {
  return error instanceof GexError ? ERROR_KINDS[error.kind].status : 500;
}
