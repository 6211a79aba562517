import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { Ctx } from '../io/ctx.js';
import { prepareZstd } from '../wire/zstd.js';
import { isLoopback } from './admin.js';
import { createApp } from './app.js';
import { drain, RequestCount } from './drain.js';
import { followNewest } from './follow.js';
import { listenError } from './listen.js';
import { followLive } from './live/follow.js';
import { registerLiveMetrics } from './live/metrics.js';
import { Metrics, registerReplayMetrics } from './metrics.js';
import { Replay, type ReplayOptions } from './replay.js';
import type { HistoryOptions } from './route.js';
import { serverSecret } from './secret.js';
import { Signer } from './signer.js';
import { registerSocketMetrics } from './sockets/metrics.js';
import { type SocketSettings, Sockets } from './sockets/sockets.js';
import { Sync, type SyncOptions } from './sync.js';

export interface ServerOptions extends ReplayOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly adminToken?: string;
  /** Origins of pages of other servers that may use guarded routes and WebSockets. */
  readonly allowedOrigins?: readonly string[];
  /** Believe a proxy's X-Forwarded-Proto and X-Forwarded-Host. */
  readonly trustProxy?: boolean;
  /** Absent: no WebSockets. */
  readonly sockets?: SocketSettings;
  /** `/sync/stream`; absent: off. */
  readonly sync?: SyncOptions;
  /** One debug line per request. */
  readonly logRequests?: boolean;
  /** Signs links and tokens; absent, one that is kept in the data folder. */
  readonly signingSecret?: string;
  /** As the vendor: no request without User-Agent and Authorization headers. */
  readonly strictHeaders?: boolean;
  /** Requests per second and key; 0 or absent: any number. */
  readonly rateLimitPerSecond?: number;
  /** Connections at once; further ones are closed. Absent: any number. */
  readonly maxConnections?: number;
  /** How often to look for a newer day, where the date is `latest`; 0 or absent: never. */
  readonly reloadEveryMs?: number;
  /** Absent: links are good for 15 minutes, to everything the archive holds. */
  readonly history?: HistoryOptions;
}

export interface RunningServer {
  /** With the real port, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly date: string;
  readonly files: number;
  readonly tickers: readonly string[];
  /** Stops listening, waits up to 10 s for requests under way, then cuts what is left. */
  close(): Promise<void>;
}

const HISTORY: HistoryOptions = { linkLifeMs: 15 * 60_000, windowDays: 0 };

/**
 * Loads the day and serves it. Throws `missing` (no such day), `storage` (unreadable files) or `usage` (an address
 * that cannot be listened on).
 */
export async function startServer(options: ServerOptions, ctx: Ctx): Promise<RunningServer> {
  const replay = await Replay.open(options, ctx);
  const { library } = replay.session;
  const metrics = new Metrics();
  registerReplayMetrics(metrics, replay);
  if (options.live) registerLiveMetrics(metrics.registry, replay, ctx);
  try {
    const loopback = isLoopback(options.host);
    if (!loopback) warnOfExposure(options, ctx);
    const secret = await serverSecret(options.root, options.signingSecret, ctx.log);
    const sockets = await openSockets({ ...options, secret, loopback }, replay, ctx);
    if (sockets !== undefined) registerSocketMetrics(metrics, sockets);
    const sync = options.sync && new Sync(options.sync, replay, ctx);
    const app = await createApp(
      {
        replay,
        metrics,
        signer: new Signer(secret),
        history: options.history ?? HISTORY,
        ...(sockets && { sockets }),
        ...(sync && { sync }),
        ctx,
      },
      { logRequests: false, trustProxy: false, ...options, loopback, version: packageVersion() },
    );
    sockets?.listen(app.server);
    const requests = new RequestCount(app.server, (response, seconds) => metrics.answered(response, seconds));
    if (options.maxConnections !== undefined) app.server.maxConnections = options.maxConnections;
    const url = await listen(app, options);
    const closing = new AbortController();
    const following = followWhereAsked(replay, options, ctx, closing.signal);
    return {
      url,
      date: library.date,
      files: library.files,
      tickers: library.tickers,
      close: async () => {
        closing.abort();
        sync?.close();
        await following;
        await Promise.all([drain(app, requests, ctx), sockets?.close()]);
        metrics.close();
        await replay.close();
      },
    };
  } catch (error) {
    metrics.close();
    await replay.close();
    throw error;
  }
}

interface SocketNeeds extends ServerOptions {
  readonly secret: string;
  readonly loopback: boolean;
}

async function openSockets(options: SocketNeeds, replay: Replay, ctx: Ctx): Promise<Sockets | undefined> {
  const { sockets, secret, loopback, allowedOrigins = [], trustProxy = false, maxKeys } = options;
  if (sockets === undefined) return undefined;
  await prepareZstd();
  return new Sockets({ ...sockets, secret, loopback, allowedOrigins, trustProxy, maxKeys }, replay, ctx);
}

async function followWhereAsked(
  replay: Replay,
  { date, reloadEveryMs = 0, live }: ServerOptions,
  ctx: Ctx,
  signal: AbortSignal,
): Promise<void> {
  if (live) return followLive(replay, ctx, signal);
  const asked = reloadEveryMs > 0 && (date === '' || date === 'latest');
  if (asked) await followNewest(replay, reloadEveryMs, ctx, signal);
}

async function listen(app: FastifyInstance, { host, port }: ServerOptions): Promise<string> {
  try {
    // For "localhost" fastify opens a second server on ::1 and does not wait for it when it closes; every client that
    // knows the name tries both addresses.
    await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
  } catch (error) {
    await app.close();
    throw listenError(error, { host, port, hostOption: '--host', portOption: '--port' });
  }
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

function warnOfExposure({ host, adminToken }: ServerOptions, { log }: Ctx): void {
  const admin = adminToken === undefined ? 'refused, because ADMIN_TOKEN is not set' : 'guarded by ADMIN_TOKEN';
  log.warn(
    `listening on ${host}: every machine that reaches it can read the whole archive with any API key; changing routes are ${admin}`,
  );
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
