import { ERROR_KINDS, GexError } from '../errors.js';
import { sendRequest } from './request.js';

/** A GET with its limits. */
interface HttpGet {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** For one attempt, from connecting to the last byte. Default 30 s. */
  readonly timeoutMs?: number;
  /** Of the body as it is sent. Default 128 MiB. */
  readonly maxBytes?: number;
  /** Further attempts after lost connections, timeouts, 429 and 5xx. Default 3. */
  readonly retries?: number;
  /** Before the first further attempt; doubles with each. Default 500 ms. */
  readonly retryWaitMs?: number;
}

/** An answer whose status is the caller's to judge: anything but 429 and 5xx. */
export interface HttpAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/**
 * Fetches a URL, trying again where that can help. Throws `upstream` when it stays unreachable or answers 429 or 5xx, `data`
 * when the body is larger than allowed, and the signal's reason when that aborts.
 */
export async function httpGet({ retries, retryWaitMs, ...get }: HttpGet): Promise<HttpAnswer> {
  const { default: pRetry } = await import('p-retry');
  get.signal?.throwIfAborted();
  const attempt = async (): Promise<HttpAnswer> => {
    const { status, bytes } = await sendRequest(get);
    if (status === 429 || status >= 500)
      throw new GexError('upstream', `${get.url}: answered ${status}; try again later`);
    return { status, bytes };
  };
  return pRetry(attempt, {
    retries: retries ?? 3,
    minTimeout: retryWaitMs ?? 500,
    maxTimeout: 10_000,
    ...(get.signal === undefined ? {} : { signal: get.signal }),
    shouldRetry: ({ error }) => error instanceof GexError && ERROR_KINDS[error.kind].retried,
  });
}
