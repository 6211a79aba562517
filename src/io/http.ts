import { ERROR_KINDS, GexError } from '../errors.js';

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

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * Fetches a URL, trying again where that can help. Throws `upstream` when it stays unreachable or answers 429 or 5xx, `data`
 * when the body is larger than allowed, and the signal's reason when that aborts.
 */
export async function httpGet(get: HttpGet): Promise<HttpAnswer> {
  const { default: pRetry } = await import('p-retry');
  get.signal?.throwIfAborted();
  return pRetry(() => attempt(get), {
    retries: get.retries ?? 3,
    minTimeout: get.retryWaitMs ?? 500,
    maxTimeout: 10_000,
    ...(get.signal === undefined ? {} : { signal: get.signal }),
    shouldRetry: ({ error }) => error instanceof GexError && ERROR_KINDS[error.kind].retried,
  });
}

async function attempt(get: HttpGet): Promise<HttpAnswer> {
  const { request } = await import('undici');
  const timeout = AbortSignal.timeout(get.timeoutMs ?? TIMEOUT_MS);
  const signal = get.signal === undefined ? timeout : AbortSignal.any([get.signal, timeout]);
  try {
    const { statusCode: status, body } = await request(get.url, { headers: { ...get.headers }, signal });
    const bytes = await collect(body, get);
    if (status === 429 || status >= 500)
      throw new GexError('upstream', `${get.url}: answered ${status}; try again later`);
    return { status, bytes };
  } catch (error) {
    if (error instanceof GexError) throw error;
    get.signal?.throwIfAborted();
    const seconds = (get.timeoutMs ?? TIMEOUT_MS) / 1000;
    const reason = timeout.aborted ? `no whole answer within ${seconds} s` : reasonOf(error);
    throw new GexError('upstream', `${get.url}: cannot be fetched (${reason}); check the network and the address`, {
      cause: error,
    });
  }
}

async function collect(body: AsyncIterable<Uint8Array>, { url, maxBytes = MAX_BYTES }: HttpGet): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early destroys the connection.
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes)
      throw new GexError('data', `${url}: its body is larger than ${maxBytes} bytes; is it the right address?`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return code.startsWith('E') ? code : error.message || code;
}
