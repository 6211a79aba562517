import { GexError } from '../errors.js';

/** A GET whose answer goes on until somebody ends it. */
interface LiveRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the answer at once; its reason is what reading rejects with. */
  readonly signal: AbortSignal;
  /** Until the answer's head. Default 15 s. */
  readonly headTimeoutMs?: number;
  /** Between two chunks of the body, in real time. Default 15 s. */
  readonly silenceMs?: number;
}

export interface LiveAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Chunks as they come; rejects with `upstream` when the connection breaks or falls silent. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Ends the connection; may be called at any time. */
  close(): Promise<void>;
}

const HEAD_TIMEOUT_MS = 15_000;
const SILENCE_MS = 15_000;

/** Opens an endless answer on a connection of its own. GexError `upstream` when there is no answer, else any status. */
export async function openLive(request: LiveRequest): Promise<LiveAnswer> {
  const { Agent, request: send } = await import('undici');
  const { url, signal, headTimeoutMs = HEAD_TIMEOUT_MS, silenceMs = SILENCE_MS } = request;
  signal.throwIfAborted();
  const dispatcher = new Agent({
    ...{ headersTimeout: headTimeoutMs, bodyTimeout: silenceMs, pipelining: 0 },
    connect: { timeout: headTimeoutMs },
  });
  const close = (): Promise<void> => dispatcher.destroy();
  const lost = (error: unknown): unknown => {
    if (signal.aborted) return signal.reason;
    return new GexError('upstream', `${url.split(/[?#]/, 1)[0]}: ${reasonOf(error, silenceMs)}`, { cause: error });
  };
  try {
    const { statusCode, headers, body } = await send(url, { headers: { ...request.headers }, signal, dispatcher });
    return { status: statusCode, headers, chunks: guarded(body, lost), close };
  } catch (error) {
    await close();
    throw lost(error);
  }
}

async function* guarded(body: AsyncIterable<Buffer>, lost: (error: unknown) => unknown): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw lost(error);
  }
}

function reasonOf(error: unknown, silenceMs: number): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_BODY_TIMEOUT') return `nothing came for ${silenceMs / 1000} s`;
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') return 'no answer in time';
  if (code === 'UND_ERR_SOCKET') return 'the connection was cut';
  return code.startsWith('E') ? `the connection failed (${code})` : error.message || code;
}
