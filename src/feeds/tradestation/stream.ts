import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { beginningOf, Web, type WebAnswer } from '../../io/web.js';
import type { JsonObject } from '../../wire/chain-reading.js';
import { faultOf, rateHeaders } from './answers.js';
import { FrameReader } from './frames.js';
import { createReconnect, type LossKind, type Reconnect } from './reconnect.js';
import { heed, quotaWaitMs, takeTurn } from './resources.js';
import { explain, type RestCall, type RestOptions } from './rest.js';
import { words } from './values.js';

/** A stream to follow. */
export interface StreamCall extends RestCall {
  /** How messages name it, such as `quotes 1 of 3`. */
  readonly label: string;
  /** Whether data should be coming at an instant; otherwise only heartbeats are waited for. */
  readonly expected: (nowMs: number) => boolean;
  /** How long data may be missing while it is expected, by the clock of the context. */
  readonly quietMs: number;
  /** Whether an object is news; a bar that is only sent again is not. Default: all are. */
  readonly isNews?: (object: JsonObject) => boolean;
}

/** What happens on a stream, in order. `lost` begins a gap that the next `open` ends. */
export type StreamEvent =
  | { readonly kind: 'open'; readonly atMs: number }
  | { readonly kind: 'data'; readonly atMs: number; readonly objects: readonly JsonObject[] }
  /** Once after each `open`: the server has said everything it had, by a heartbeat or the end of the first image. */
  | { readonly kind: 'idle'; readonly atMs: number }
  | { readonly kind: 'symbol-fault'; readonly atMs: number; readonly symbol: string; readonly fault: string }
  | { readonly kind: 'lost'; readonly atMs: number; readonly reason: string; readonly alarming: boolean };

export interface StreamOptions extends RestOptions {
  /** Real time without a byte, heartbeats included, after which a connection is dead. Default 15 s: three heartbeats. */
  readonly silenceMs?: number;
}

const ACCEPT = 'application/vnd.tradestation.streams.v2+json, application/json;q=0.9';
/** A stream that ends so soon after it opened was hardly meant to be open. */
const EARLY_MS = 30_000;
const WATCH_EVERY_MS = 1000;
const SILENCE_MS = 15_000;
const MAX_FAULT_BYTES = 64 * 1024;
/** Well within the half hour that a rotating refresh token may rest (contract section 2.3). */
const KEEP_EVERY_MS = 5 * 60_000;

/** Why this connection is over. */
class Loss extends Error {
  readonly kind: LossKind;
  constructor(kind: LossKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** One connection from opening to loss. */
interface Connection {
  /** NaN until the answer was 200. */
  openedMs: number;
  firstDataMs: number;
  lastDataMs: number;
  isComplete: boolean;
}

/**
 * Follows a stream for ever: connects, gives what comes, and connects again after every loss, waiting ever longer. Ends when
 * the context's signal aborts, with its reason. Throws `usage`, `missing` or `auth` when the server refuses the request
 * itself: asking again would not help.
 */
export async function* followStream(options: StreamOptions, call: StreamCall, ctx: Ctx): AsyncGenerator<StreamEvent> {
  const { random = Math.random } = options;
  const reconnect = createReconnect(random);
  for (;;) {
    ctx.signal.throwIfAborted();
    const connection: Connection = {
      ...{ openedMs: Number.NaN, firstDataMs: Number.NaN, lastDataMs: Number.NaN, isComplete: false },
    };
    let waitMs: number;
    try {
      yield* connect(options, call, connection, ctx);
      throw new Loss('broken', 'the server ended it');
    } catch (error) {
      ctx.signal.throwIfAborted();
      const loss = lossOf(error, connection, ctx.clock.now());
      waitMs = loss instanceof QuotaWait ? 0 : reconnect.wait(loss.kind, healthyMs(connection));
      yield { kind: 'lost', atMs: ctx.clock.now(), reason: loss.message, alarming: reconnect.alarming };
      tell(call, loss, { reconnect, waitMs }, ctx);
    }
    await ctx.clock.sleep(waitMs, ctx.signal);
  }
}

/** The gate waits, nothing else does. */
class QuotaWait extends Loss {}

async function* connect(
  options: StreamOptions,
  call: StreamCall,
  connection: Connection,
  ctx: Ctx,
): AsyncGenerator<StreamEvent> {
  const watchdog = new AbortController();
  const signal = AbortSignal.any([ctx.signal, watchdog.signal]);
  const web = new Web(options.silenceMs ?? SILENCE_MS);
  const answer = await openAnswer({ ...options, web }, call, { ...ctx, signal }).catch(async (error: unknown) => {
    await web.close();
    throw error;
  });
  connection.openedMs = ctx.clock.now();
  connection.lastDataMs = connection.openedMs;
  let checkedMs = connection.openedMs;
  let quietSinceMs = Number.NaN;
  const timer = setInterval(() => {
    const now = ctx.clock.now();
    // Closed hours are no silence: the wait begins when data is expected.
    if (!call.expected(now) || !call.expected(checkedMs)) connection.lastDataMs = now;
    checkedMs = now;
    const quietMs = now - connection.lastDataMs;
    if (quietMs <= call.quietMs) return;
    // Twice: after a pause of the program itself, what came meanwhile is read first.
    if (quietSinceMs === connection.lastDataMs) {
      watchdog.abort(new Loss('starved', `heartbeats, but no data for ${Math.round(quietMs / 1000)} s`));
    }
    quietSinceMs = connection.lastDataMs;
  }, WATCH_EVERY_MS).unref();
  const keeper = setInterval(() => {
    // A rotating refresh token dies when it rests, and nobody asks for a token while a stream is well.
    options.tokens.current(ctx).catch((error: unknown) => {
      if (!ctx.signal.aborted) ctx.log.warn('the TradeStation access token could not be renewed', { error });
    });
  }, KEEP_EVERY_MS).unref();
  const frames = new FrameReader();
  try {
    yield { kind: 'open', atMs: ctx.clock.now() };
    for await (const chunk of answer.body) yield* sortOut(frames.push(chunk), call, connection, ctx);
    yield* sortOut(frames.finish(), call, connection, ctx);
  } finally {
    clearInterval(timer);
    clearInterval(keeper);
    if (frames.garbage > 0)
      ctx.log.debug(`TradeStation ${call.label}: lines that were no JSON`, { lines: frames.garbage });
    await web.close();
  }
}

/** The head of the answer, with a new token after one 401. */
async function openAnswer(
  options: StreamOptions & { readonly web: Web },
  call: StreamCall,
  ctx: Ctx,
): Promise<WebAnswer> {
  const { tokens, gateOf, apiUrl, web, random = Math.random } = options;
  const gate = gateOf(call.resource);
  let token = await tokens.current(ctx);
  for (let renewed = false; ; renewed = true) {
    await takeTurn(gateOf, call.resource, ctx);
    const answer = await web.get({
      url: new URL(`${apiUrl.replace(/\/+$/, '')}${call.path}`),
      headers: { authorization: `Bearer ${token}`, accept: ACCEPT, 'accept-encoding': 'identity' },
      signal: ctx.signal,
    });
    const rate = rateHeaders(answer.headers);
    await heed(gate, rate, ctx.clock.now());
    if (answer.status === 200) return answer;
    const fault = faultOf(answer.status, await beginningOf(answer, MAX_FAULT_BYTES)) ?? {
      ...({ kind: 'protocol', status: answer.status, retried: true, message: `status ${answer.status}` } as const),
    };
    if (fault.kind === 'auth' && !renewed) {
      token = await tokens.replace(token, ctx);
      continue;
    }
    if (fault.kind === 'quota') {
      await gate.hold(ctx.clock.now() + quotaWaitMs(rate, 0, random()));
      throw new QuotaWait('broken', `the quota is used up (${fault.message})`);
    }
    if (!fault.retried) throw explain(fault, call);
    throw new Loss('broken', `answered ${fault.status} (${fault.message})`);
  }
}

/** Takes heartbeats, statuses and errors out of what came (contract section 6.2). */
function* sortOut(
  objects: readonly JsonObject[],
  call: StreamCall,
  connection: Connection,
  { clock }: Ctx,
): Generator<StreamEvent> {
  const atMs = clock.now();
  let payload: JsonObject[] = [];
  let idle = false;
  for (const object of objects) {
    const status = words(object.StreamStatus);
    if ('Heartbeat' in object || (status !== undefined && status !== 'GoAway')) {
      idle = true;
      continue;
    }
    const fault = status ?? words(object.Error);
    if (fault !== undefined) {
      if (payload.length > 0) yield { kind: 'data', atMs, objects: payload };
      payload = [];
      if (isAboutStream(object, fault)) throw errorOf(object, fault, call);
      yield { kind: 'symbol-fault', atMs, symbol: (words(object.Symbol) ?? '').toUpperCase(), fault };
      continue;
    }
    if (call.isNews?.(object) ?? true) {
      connection.lastDataMs = atMs;
      if (Number.isNaN(connection.firstDataMs)) connection.firstDataMs = atMs;
    }
    payload.push(object);
  }
  if (payload.length > 0) yield { kind: 'data', atMs, objects: payload };
  if (!idle || connection.isComplete) return;
  connection.isComplete = true;
  yield { kind: 'idle', atMs };
}

/** An error about the stream, not about one of its symbols. */
function isAboutStream(object: JsonObject, fault: string): boolean {
  return words(object.Symbol) === undefined || fault === 'DualLogon' || fault === 'GoAway';
}

function errorOf(object: JsonObject, fault: string, call: StreamCall): Error {
  const message = words(object.Message);
  const said = message === undefined ? fault : `${fault}: ${message}`;
  if (fault === 'GoAway') return new Loss('goaway', 'the server is shutting down');
  if (fault === 'DualLogon') return new Loss('dual-logon', `the account is used elsewhere (${said})`);
  const answer = faultOf(200, JSON.stringify(object));
  return answer && !answer.retried ? explain(answer, call) : new Loss('broken', said);
}

function lossOf(error: unknown, { openedMs, firstDataMs }: Connection, nowMs: number): Loss {
  // What the server refuses for good, and faults of this program, are not for connecting again.
  if (error instanceof GexError && error.kind !== 'upstream') throw error;
  if (!(error instanceof GexError) && !(error instanceof Loss)) throw error;
  if (error instanceof Loss && error.kind !== 'broken') return error;
  const isEarly = nowMs - openedMs < EARLY_MS && Number.isNaN(firstDataMs);
  if (error instanceof QuotaWait || !isEarly) return error instanceof Loss ? error : new Loss('broken', error.message);
  return new Loss('early', `${error.message}, right after it opened: too many open streams, or a sick server`);
}

function healthyMs({ firstDataMs, lastDataMs }: Connection): number {
  return Number.isNaN(firstDataMs) ? 0 : lastDataMs - firstDataMs;
}

interface Plan {
  readonly reconnect: Reconnect;
  readonly waitMs: number;
}

function tell({ label }: StreamCall, loss: Loss, { reconnect, waitMs }: Plan, { log }: Ctx): void {
  const fields = { failures: reconnect.failures, waitMs: Math.round(waitMs) };
  const sentence = `TradeStation ${label} lost: ${loss.message}`;
  if (loss.kind === 'goaway') log.info(sentence, fields);
  else if (reconnect.alarming || loss.kind === 'dual-logon') log.error(sentence, fields);
  else log.warn(sentence, fields);
}
