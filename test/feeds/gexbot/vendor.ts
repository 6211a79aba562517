import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createGexbotClient, type GexbotClient, type GexbotClientOptions } from '../../../src/feeds/gexbot/client.js';
import type { Clock, Ctx } from '../../../src/io/ctx.js';
import { memoryGate } from '../../../src/io/gate.js';
import type { StreamKey } from '../../../src/wire/catalogue.js';
import { recordingCtx } from '../../server/fixture.js';

export const KEY: StreamKey = { date: '2025-11-14', ticker: 'SPX', package: 'state', category: 'gex_full' };
export const LINK_PATH = '/v2/hist/SPX/state/gex_full/2025-11-14';
export const API_KEY = 'gexbot_custom_secret';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A request as it arrived. */
interface Seen {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

interface Peer {
  readonly host: string;
  readonly url: string;
  readonly seen: Seen[];
  /** How many are open now. */
  connections(): Promise<number>;
}

/** A server that gives the n-th request to the n-th handler, and the last one all further requests. */
export async function peer(...handlers: readonly Handler[]): Promise<Peer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    handlers[Math.min(seen.length, handlers.length) - 1]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  return { host, url: `http://${host}`, seen, connections };
}

/** An API whose links lead to a path of the file host; each link is signed anew. */
export function api(files: Peer, path = '/day/gex_full.json'): Promise<Peer> {
  let links = 0;
  return peer((_, response) => response.end(JSON.stringify({ url: `${files.url}${path}?signature=s3cret${++links}` })));
}

export const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Handler =>
  (_, response) =>
    response.writeHead(code, headers).end(body);

/** Sends the file, or the part of it that is asked for, as storage services do. */
export function file(body: Buffer, { etag = '"v1"', headers = {} }: FileOptions = {}): Handler {
  return (request, response) => {
    const { start, status, headers: range } = partOf(request, body, etag);
    response.writeHead(status, { ...headers, ...(etag === '' ? {} : { etag }), ...range });
    response.end(status === 416 ? undefined : body.subarray(start));
  };
}

interface FileOptions {
  readonly etag?: string;
  readonly headers?: Record<string, string>;
}

/** As `file`, but the connection breaks after `bytes` of this answer's body. */
export function cutFile(body: Buffer, bytes: number, { etag = '"v1"', headers = {} }: FileOptions = {}): Handler {
  return (request, response) => {
    const { start, status, headers: range } = partOf(request, body, etag);
    response.writeHead(status, { ...headers, ...(etag === '' ? {} : { etag }), ...range });
    response.write(body.subarray(start, start + bytes), () => response.destroy());
    if (bytes === 0) response.destroy();
  };
}

function partOf(request: IncomingMessage, body: Buffer, etag: string) {
  const found = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const isSame = request.headers['if-range'] === etag;
  if (found === null || !isSame) return { start: 0, status: 200, headers: { 'content-length': body.length } };
  const start = Number(found[1]);
  if (start >= body.length) return { start, status: 416, headers: { 'content-range': `bytes */${body.length}` } };
  const range = `bytes ${start}-${body.length - 1}/${body.length}`;
  return { start, status: 206, headers: { 'content-range': range, 'content-length': body.length - start } };
}

/** A clock that jumps to the end of every sleep and remembers it. */
export function jumpingClock(): Clock & { readonly sleeps: number[] } {
  let nowMs = Date.parse('2025-11-15T12:00:00Z');
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms;
    },
  };
}

/** A client of a base URL and a context; the delays are not jittered. */
export function clientOf(baseUrl: string, { clock = jumpingClock(), ...options }: ClientOptions = {}) {
  const { ctx, lines } = recordingCtx(clock);
  const client: GexbotClient = createGexbotClient(
    {
      baseUrl,
      apiKey: API_KEY,
      fileHosts: [],
      timeoutMs: 2000,
      retries: 3,
      retryWaitMs: 1000,
      maxFileBytes: 1e9,
      ...options,
    },
    { gate: memoryGate({ intervalMs: 0 }), random: () => 1 },
  );
  onTestFinished(() => client.close());
  const world: { client: GexbotClient; ctx: Ctx; lines: typeof lines } = { client, ctx, lines };
  return world;
}

type ClientOptions = Partial<GexbotClientOptions> & { readonly clock?: Clock };
