import type { Dispatcher } from 'undici';
import { GexError } from '../errors.js';
import { openConnections } from './connections.js';
import { exchange } from './exchange.js';

/** One GET whose body is streamed; redirects are answers like any other. */
interface WebGet {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** From connecting to the last byte; default: as long as bytes keep coming. */
  readonly totalMs?: number;
}

/** An answer of any status. Its body must be read, or left with `discard`. */
export interface WebAnswer {
  readonly status: number;
  /** Header names in lower case; of a repeated header the values, joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** As sent over the wire, gzip included. Throws as `Web.get` does; leaving the loop early ends the connection. */
  readonly body: AsyncIterable<Buffer>;
  discard(): void;
}

const CONNECT_MS = 10_000;

/** HTTP with its own connections, so that they can be closed, and a limit on silence instead of one on time. */
export class Web {
  readonly #silenceMs: number;
  #agent: Promise<Dispatcher> | undefined;

  /** `silenceMs`: how long an answer, or the next byte of it, may let itself be waited for. */
  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /** Throws `upstream` when the connection fails or falls silent, and the signal's reason when that aborts. */
  async get({ url, headers, signal, totalMs }: WebGet): Promise<WebAnswer> {
    signal.throwIfAborted();
    const agent = await this.#connections();
    const fault = (error: unknown): unknown => {
      signal.throwIfAborted();
      return networkError(url, error, this.#silenceMs);
    };
    try {
      const answer = await exchange(agent, { url, headers, signal, totalMs });
      return { ...answer, headers: joined(answer.headers), body: translated(answer.body, fault) };
    } catch (error) {
      throw fault(error);
    }
  }

  /** Ends every connection at once, for good. */
  async close(): Promise<void> {
    const agent = await this.#agent?.catch(() => undefined); // said where it was wanted
    await agent?.destroy();
  }

  #connections(): Promise<Dispatcher> {
    this.#agent ??= openConnections({
      headersTimeout: this.#silenceMs,
      bodyTimeout: this.#silenceMs,
      connect: { timeout: Math.min(this.#silenceMs, CONNECT_MS) },
    });
    return this.#agent;
  }
}

/** An address without its query, which may be a signature. */
export function placeOf(url: URL): string {
  return url.origin + url.pathname;
}

const MOST_SHOWN = 120;

/** An address as messages name it: without its query, and cut where its path is a list of symbols. */
export function shownPlace(address: string): string {
  const [place = ''] = address.split(/[?#]/, 1);
  return place.length > MOST_SHOWN ? `${place.slice(0, MOST_SHOWN)}...` : place;
}

/** The first `maxBytes` of a body as text; the rest is not read. Throws as `Web.get` does. */
export async function beginningOf(answer: WebAnswer, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}

async function* translated(body: AsyncIterable<Buffer>, fault: (error: unknown) => unknown): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw fault(error);
  }
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]));
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the name service does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was cut',
};

function networkError(url: URL, fault: unknown, silenceMs: number): GexError {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : '';
  const text = fault instanceof Error ? fault.message : String(fault);
  const silent = code === 'UND_ERR_BODY_TIMEOUT' && `nothing came for ${silenceMs / 1000} s`;
  const noTls = /^(ERR_SSL_|EPROTO$)/.test(code) && 'no TLS connection can be made; is it an https address?';
  const reason = silent || noTls || (REASONS[code] ?? (text || code));
  return new GexError('upstream', `${shownPlace(placeOf(url))}: cannot be fetched (${reason}); check the network`, {
    cause: fault,
  });
}
