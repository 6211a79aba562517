import type { Dispatcher } from 'undici';
import { GexError } from '../errors.js';
import { openConnections } from './connections.js';
import { shownPlace } from './web.js';

/** One HTTP request; the answer's status is the caller's to judge. */
interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** From connecting to the last byte. Default 30 s. */
  readonly timeoutMs?: number;
  /** Of the body. Default 128 MiB. */
  readonly maxBytes?: number;
}

/** An answer of any status; header names in lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

const TIMEOUT_MS = 30_000;
/** Kept open between requests; idle ones keep no process alive. */
let connections: Promise<Dispatcher> | undefined;
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * Sends one request and reads the whole answer, redirects not followed. Throws `upstream` when there is no whole answer,
 * `data` when it is larger than allowed, the signal's reason when that aborts. Messages leave out the query of the address.
 */
export async function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  const { request: send } = await import('undici');
  connections ??= openConnections();
  const dispatcher = await connections;
  request.signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  try {
    const { statusCode, headers, body } = await send(request.url, {
      method: request.method ?? 'GET',
      headers: { ...request.headers },
      signal,
      dispatcher,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return { status: statusCode, headers, bytes: await collect(body, request) };
  } catch (error) {
    if (error instanceof GexError) throw error;
    request.signal?.throwIfAborted();
    const seconds = (request.timeoutMs ?? TIMEOUT_MS) / 1000;
    const reason = timeout.aborted ? `no whole answer within ${seconds} s` : reasonOf(error);
    throw new GexError(
      'upstream',
      `${shownPlace(request.url)}: cannot be fetched (${reason}); check the network and the address`,
      {
        cause: error,
      },
    );
  }
}

async function collect(body: AsyncIterable<Uint8Array>, { url, maxBytes = MAX_BYTES }: HttpRequest): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early destroys the connection.
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes)
      throw new GexError(
        'data',
        `${shownPlace(url)}: its body is larger than ${maxBytes} bytes; is it the right address?`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return code.startsWith('E') ? code : error.message || code;
}
