import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { type HttpResponse, sendRequest } from '../../io/request.js';
import { type AnswerFault, faultOf, rateHeaders } from './answers.js';
import { type GateOf, heed, quotaWaitMs, type Resource, takeTurn } from './resources.js';
import type { TokenSource } from './tokens.js';

/** Where the API is and what a request needs. */
export interface RestOptions {
  /** Such as `https://api.tradestation.com`. */
  readonly apiUrl: string;
  readonly tokens: TokenSource;
  readonly gateOf: GateOf;
  readonly timeoutMs?: number;
  /** Further attempts after 429, 5xx and lost connections; 4. */
  readonly retries?: number;
  /** In [0, 1); Math.random. */
  readonly random?: () => number;
}

/** One call of the API. */
export interface RestCall {
  /** Encoded, with its query. */
  readonly path: string;
  readonly resource: Resource;
  /** Sent as JSON by POST; a GET without one. */
  readonly body?: unknown;
  /** The scope to name when it is refused; `MarketData`. */
  readonly scope?: string;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 4;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
/** Answers that are faults are short; a long one is data, and parsed once. */
const MAX_FAULT_CHARS = 10_000;
const MAX_PATH_CHARS = 120;

/**
 * The JSON of an answer; undefined for `No data available`. One 401 is answered by a new token and does not count as an
 * attempt. GexError `auth` (token, scope), `missing` (404), `usage` (400, 414), `upstream` (429, 5xx, network), `data`.
 */
export async function callApi(options: RestOptions, call: RestCall, ctx: Ctx): Promise<unknown> {
  const { tokens, gateOf, retries = RETRIES, random = Math.random } = options;
  const gate = gateOf(call.resource);
  let token = await tokens.current(ctx);
  let renewed = false;
  for (let attempt = 0; ; ) {
    await takeTurn(gateOf, call.resource, ctx);
    const answer = await send(options, call, token, ctx).catch((error: unknown) => {
      if (!(error instanceof GexError) || error.kind !== 'upstream' || attempt >= retries) throw error;
      return error;
    });
    if (!(answer instanceof GexError)) {
      const text = answer.bytes.toString();
      const fault = faultOf(answer.status, hide(text.length > MAX_FAULT_CHARS ? '' : text, token));
      const headers = rateHeaders(answer.headers);
      await heed(gate, headers, ctx.clock.now());
      if (!fault) return jsonOf(text, call, token);
      if (fault.kind === 'noData') return undefined;
      if (fault.kind === 'auth' && !renewed) {
        renewed = true;
        token = await tokens.replace(token, ctx);
        continue;
      }
      if (!fault.retried || attempt >= retries) throw explain(fault, call);
      if (fault.kind === 'quota') {
        await gate.hold(ctx.clock.now() + quotaWaitMs(headers, attempt, random()));
        attempt += 1;
        continue; // the gate waits
      }
    }
    attempt += 1;
    const waitMs = random() * Math.min(FIRST_RETRY_MS * 2 ** attempt, MAX_RETRY_MS);
    ctx.log.debug('TradeStation: another attempt', { path: plain(call.path), attempt, waitMs: Math.round(waitMs) });
    await ctx.clock.sleep(waitMs, ctx.signal);
  }
}

function send({ apiUrl, timeoutMs }: RestOptions, call: RestCall, token: string, ctx: Ctx): Promise<HttpResponse> {
  const { body } = call;
  return sendRequest({
    url: `${apiUrl.replace(/\/+$/, '')}${call.path}`,
    signal: ctx.signal,
    timeoutMs: timeoutMs ?? TIMEOUT_MS,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST' as const, body: JSON.stringify(body) }),
  });
}

/** A server that repeats the token it refuses must not bring it into a message. */
const hide = (text: string, token: string): string => text.replaceAll(token, '***');

function jsonOf(text: string, { path }: RestCall, token: string): unknown {
  if (text.trim() === '') return {}; // an empty success is no data
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = `the answer is no JSON (${hide(text, token).slice(0, 40)}); is TRADESTATION_API_URL right?`;
    throw new GexError('data', `TradeStation ${plain(path)}: ${fault}`, { cause });
  }
}

/** A fault as the error a user reads. */
export function explain({ kind, status, message }: AnswerFault, { path, scope = 'MarketData' }: RestCall): GexError {
  const what = `TradeStation ${plain(path)}`;
  switch (kind) {
    case 'auth':
      return new GexError('auth', `${what}: the access token is refused (${message}); run gex auth login`);
    case 'scope':
      return new GexError(
        'auth',
        `${what}: refused (${message}); the key needs the scope ${scope} and its data entitlement`,
      );
    case 'notFound':
    case 'noData':
      return new GexError('missing', `${what}: not found (${message}); check the symbol`);
    case 'tooLong':
      return new GexError('usage', `${what}: the address is too long; ask for fewer symbols at a time`);
    case 'badRequest':
      return new GexError('usage', `${what}: refused (${status}: ${message})`);
    case 'protocol':
      return new GexError('data', `${what}: ${message}`);
    default:
      return new GexError('upstream', `${what}: answered ${status} (${message}); try again later`);
  }
}

/** A path as people write it, the beginning of a long one. */
function plain(path: string): string {
  const text = decoded(path);
  return text.length > MAX_PATH_CHARS ? `${text.slice(0, MAX_PATH_CHARS)}...` : text;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
