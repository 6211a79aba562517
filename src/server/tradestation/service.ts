import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { Ctx } from '../../io/ctx.js';
import { type AnswerRoute, type ApiSettings, JsonText, type StreamRoute, type StreamSource } from './call.js';
import type { SimulatedClock } from './clock.js';
import { Connection } from './connection.js';
import { controlAnswer } from './control.js';
import type { Exchange } from './exchange.js';
import { FaultBoard, type Switches } from './faults.js';
import { Limits, type ResourceName } from './limits.js';
import { Params } from './params.js';
import { type Answer, ERROR_TITLES, Refusal, refusal, signInRefusal, v2Refusal } from './refusal.js';
import { type LoggedRequest, RequestLog } from './request-log.js';
import { findRoute } from './routes.js';
import type { SignIn } from './sign-in.js';
import type { Tokens } from './tokens.js';

/** Longest request line the vendor takes (contract section 3.1). */
const MOST_URL_BYTES = 25_000;
const MOST_BODY_BYTES = 1 << 20;

interface ServiceOptions extends ApiSettings {
  readonly limits: boolean;
  /** Open quote and bar streams above which further ones are accepted, silent and closed; 0: any number. */
  readonly softCap: number;
  readonly heartbeatMs: number;
  readonly scatter: boolean;
}

interface ServiceParts {
  readonly clock: SimulatedClock;
  readonly exchange: Exchange;
  readonly tokens: Tokens;
  readonly signIn: SignIn;
}

/** Both hosts behind one request handler, with the streams that are open. */
export class Service {
  readonly faults = new FaultBoard();
  readonly log = new RequestLog();
  readonly #parts: ServiceParts;
  readonly #options: ServiceOptions;
  readonly #ctx: Ctx;
  readonly #limits: Limits;
  readonly #open = new Map<Connection, ResourceName>();
  #faultsSeen = 0;
  #streams = 0;
  #pumping: Promise<void> = Promise.resolve();

  constructor(parts: ServiceParts, options: ServiceOptions, ctx: Ctx) {
    this.#parts = parts;
    this.#options = options;
    this.#ctx = ctx;
    this.#limits = new Limits(options.limits);
  }

  /** Answers one request; never throws. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?', 1);
    let entry: LoggedRequest | undefined;
    try {
      const body = await readBody(request);
      if (path.startsWith('/__ctl/')) return send(response, await this.#control(request.method ?? '', path, body));
      const { clock } = this.#parts;
      entry = this.log.add(request, body, {
        ...{ serviceMs: clock.serviceMs, marketMs: clock.marketMs, wallMs: this.#ctx.clock.now() },
      });
      await this.#answer(request, response, { path, body });
    } catch (error) {
      if (!(error instanceof Refusal)) this.#ctx.log.error('the stand-in failed', { path, error });
      if (!response.headersSent)
        send(response, error instanceof Refusal ? error.answer : refusal(500, 'Internal error.').answer);
      else response.destroy();
    } finally {
      if (entry) entry.status = response.statusCode;
    }
  }

  /** Every open stream looks at the market as it is now. Runs one at a time. */
  pump(): Promise<void> {
    this.#pumping = this.#pumping.then(() => this.#pumpAll());
    return this.#pumping;
  }

  get streams() {
    return [...this.#open.keys()].map((connection) => connection.state);
  }

  /** Moves both times on, streams looking at the market after each step. */
  async advance(ms: number, stepMs = 1000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.#parts.clock.advance(Math.min(stepMs, left));
      await this.pump();
      // The sockets get their turn, or the next step would find them full and leave out what they cannot take.
      await turn();
      await Promise.all([...this.#open.keys()].map((connection) => connection.drained()));
    }
    if (ms === 0) await this.pump();
  }

  closeStreams(): void {
    for (const connection of this.#open.keys()) connection.end();
  }

  async #pumpAll(): Promise<void> {
    const { clock } = this.#parts;
    const changed = this.#faultsSeen !== this.faults.version;
    this.#faultsSeen = this.faults.version;
    const [atMs, serviceMs] = [clock.marketMs, clock.serviceMs];
    for (const connection of this.#open.keys()) {
      if (changed) connection.meet(this.faults.take(connection.path, serviceMs), serviceMs);
      try {
        await connection.pump(atMs, serviceMs);
      } catch (error) {
        this.#ctx.log.error('a stream of the stand-in failed', { path: connection.path, error });
        connection.reset();
      }
    }
  }

  #control(method: string, path: string, body: string): Promise<Answer> {
    const { clock } = this.#parts;
    const { faults, log } = this;
    const advance = (ms: number, stepMs?: number) => this.advance(ms, stepMs);
    return controlAnswer({ clock, faults, log, streams: () => this.streams, advance }, method, path, body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, { path, body }: { path: string; body: string }) {
    const { clock, signIn, tokens } = this.#parts;
    const faults = this.faults.take(path, clock.serviceMs);
    // A stream that opens now has met what is set; it looks again at the next change.
    if (faults.rotate) tokens.rotating = true;
    if (faults.tokenRevoked) tokens.revoke();
    if (faults.delayMs) await wait(faults.delayMs, undefined, { signal: this.#ctx.signal });
    if (faults.silent && !path.includes('/stream/')) return;
    if (faults.status !== undefined) throw statusFault(faults, path);
    if ((request.url ?? '').length > MOST_URL_BYTES)
      throw new Refusal({ status: 414, body: '<html><h1>414 Request-URI Too Large</h1></html>' });
    const url = new URL(request.url ?? '/', 'http://localhost');
    const query = url.searchParams;
    const method = request.method ?? '';
    const contentType = request.headers['content-type'] ?? '';
    const signedIn = signIn.answer({ method, path, query, body, contentType, nowMs: clock.serviceMs });
    if (signedIn) {
      if (faults.loseRefreshAnswer) return void request.socket.destroy();
      return send(response, signedIn, faults);
    }
    await this.#api(request, response, { method, path, query, body, faults });
  }

  async #api(
    request: IncomingMessage,
    response: ServerResponse,
    {
      method,
      path,
      query,
      body,
      faults,
    }: { method: string; path: string; query: URLSearchParams; body: string; faults: Switches },
  ): Promise<void> {
    const { clock, exchange } = this.#parts;
    const { route, segments } = findRoute(method, path);
    this.#authorize(request, route);
    const headers = {
      ...this.#limits.take(route.resource, 'stream' in route, clock.serviceMs),
      ...rateHeaders(faults),
    };
    const call = {
      ...{ exchange, path: segments, params: new Params(query), query, body, atMs: clock.marketMs, faults },
      settings: this.#options,
    };
    await exchange.prepare([...segments.flatMap((segment) => segment.split(',')), ...query.values()], call.atMs);
    if ('stream' in route) return this.#stream(response, { route, path, headers, source: route.stream(call), faults });
    if (faults.emptyBody200) return send(response, { status: 200, body: '', headers }, faults);
    if (faults.errorBody200) {
      const body200 = { Error: 'InternalServerError', Message: 'Something failed.' };
      return send(response, { status: 200, body: body200, headers }, faults);
    }
    try {
      send(response, { status: 200, body: await route.answer(call), headers }, faults);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { answer } = error;
      const v2 = path.startsWith('/v2/') ? v2Refusal(answer.status, messageOf(answer), TRACE_ID).answer : answer;
      send(response, { ...v2, headers: { ...headers, ...answer.headers } }, faults);
    }
  }

  #authorize(request: IncomingMessage, route: AnswerRoute | StreamRoute): void {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const scopes = this.#parts.tokens.scopesOf(token, this.#parts.clock.serviceMs);
    if (!scopes) throw refusal(401, 'The access token is missing, unknown or expired.');
    const missing = ['MarketData', route.scope].find((scope) => scope !== undefined && !scopes.includes(scope));
    if (missing) throw refusal(403, `The token lacks the scope ${missing}.`);
  }

  async #stream(
    response: ServerResponse,
    {
      route,
      path,
      headers,
      source,
      faults,
    }: { route: StreamRoute; path: string; headers: OutgoingHttpHeaders; source: StreamSource; faults: Switches },
  ): Promise<void> {
    const { clock } = this.#parts;
    const { softCap, heartbeatMs, scatter } = this.#options;
    const uncounted = [...this.#open.values()].filter((name) => SOFT_CAPPED.has(name)).length;
    const capped = softCap > 0 && SOFT_CAPPED.has(route.resource) && uncounted >= softCap;
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
    const connection = new Connection({
      ...{
        id: ++this.#streams,
        path,
        response,
        source,
        faults,
        capped,
        openedMs: clock.serviceMs,
        heartbeatMs,
        scatter,
      },
    });
    this.#limits.opened(route.resource);
    response.once('close', () => {
      this.#open.delete(connection);
      this.#limits.closed(route.resource);
    });
    // Between two pumps, so that no stream misses an instant or gets it twice.
    this.#pumping = this.#pumping.then(async () => {
      await connection.open(clock.marketMs);
      if (!response.destroyed) this.#open.set(connection, route.resource);
    });
    await this.#pumping;
  }
}

const SOFT_CAPPED: ReadonlySet<ResourceName> = new Set<ResourceName>(['quote-change-stream', 'stream-barcharts']);
const TRACE_ID = '00000000-0000-4000-8000-000000000000';

function messageOf({ body }: Answer): string {
  return typeof body === 'object' && body !== null && 'Message' in body ? String(body.Message) : '';
}

/** The answer of the `status` switch: 502 and 414 are a gateway's HTML, the sign-in host has its own errors. */
function statusFault(faults: Switches, path: string): Refusal {
  const { status = 500, retryAfter } = faults;
  const headers = { ...rateHeaders(faults), ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }) };
  if (status === 502 || status === 414) {
    const body = `<html><body><h1>${status} ${status === 502 ? 'Bad Gateway' : 'Request-URI Too Large'}</h1></body></html>`;
    return new Refusal({ status, body, headers: { ...headers, 'Content-Type': 'text/html' } });
  }
  if (path.startsWith('/oauth/'))
    return signInRefusal(status, status === 429 ? 'too_many_requests' : 'invalid_grant', 'Fault.');
  const quota = path.includes('/stream/') ? 'Stream quota exceeded' : 'Rate quota exceeded';
  return refusal(status, status === 429 ? quota : `A fault: ${ERROR_TITLES[status] ?? status}.`, headers);
}

function rateHeaders({ rateHeaders: given }: Switches): OutgoingHttpHeaders {
  if (!given) return {};
  return {
    ...(given.limit !== undefined && { 'X-RateLimit-Limit': given.limit }),
    ...(given.remaining !== undefined && { 'X-RateLimit-Remaining': given.remaining }),
    ...(given.reset !== undefined && { 'X-RateLimit-Reset': given.reset }),
    ...(given.resource !== undefined && { 'X-RateLimit-Resource': given.resource }),
  };
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer, faults: Switches = {}): void {
  const isText = typeof body === 'string';
  const text = isText ? body : body instanceof JsonText ? body.text : JSON.stringify(body);
  const type = isText ? (text.startsWith('<') ? 'text/html' : 'text/plain') : 'application/json';
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text), ...headers });
  const { stallAfterBytes, closeAfterN, closeAfterMs } = faults;
  if (stallAfterBytes !== undefined) return void response.write(Buffer.from(text).subarray(0, stallAfterBytes));
  if (closeAfterN === undefined && closeAfterMs === undefined) return void response.end(text);
  // A plain answer has one object: it breaks off in its middle.
  response.write(text.slice(0, text.length >> 1), () => response.socket?.resetAndDestroy());
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw refusal(400, 'The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
