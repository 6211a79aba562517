import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { Ctx } from '../io/ctx.js';
import { prepareZstd } from '../wire/zstd.js';
import { isLoopback } from './admin.js';
import { createApp } from './app.js';
import { drain, RequestCount } from './drain.js';
import { registerLiveMetrics } from './live/metrics.js';
import { Metrics, registerReplayMetrics } from './metrics.js';
import type { Peers } from './peers.js';
import { Replay, type ReplayOptions } from './replay.js';
import type { HistoryOptions, ServerState } from './route.js';
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

/** A server that has loaded its day and does not listen yet. */
export interface Assembled {
  readonly app: FastifyInstance;
  readonly state: ServerState;
  /** Waits up to 10 s for requests under way, then cuts what is left. */
  close(): Promise<void>;
}

const HISTORY: HistoryOptions = { linkLifeMs: 15 * 60_000, windowDays: 0 };

/** Loads the day and builds the server over it, as one of several processes with `peers`. Throws `missing`, `storage`. */
export async function assembleServer(options: ServerOptions, ctx: Ctx, peers?: Peers): Promise<Assembled> {
  const replay = await Replay.open(options, ctx);
  const metrics = new Metrics();
  registerReplayMetrics(metrics, replay);
  if (options.live) registerLiveMetrics(metrics.registry, replay, ctx);
  try {
    const loopback = isLoopback(options.host);
    const secret = await serverSecret(options.root, options.signingSecret, ctx.log);
    const sockets = await openSockets({ ...options, secret, loopback, ...(peers && { peers }) }, replay, ctx);
    if (sockets !== undefined) registerSocketMetrics(metrics, sockets);
    const sync = options.sync && new Sync(options.sync, replay, ctx);
    const state: ServerState = {
      replay,
      metrics,
      signer: new Signer(secret),
      history: options.history ?? HISTORY,
      ...(sockets && { sockets }),
      ...(sync && { sync }),
      ...(peers && { peers }),
      ctx,
    };
    const given = { logRequests: false, trustProxy: false, ...options };
    const app = await createApp(state, { ...given, loopback, version: packageVersion() });
    sockets?.listen(app.server);
    const requests = new RequestCount(app.server, (response, seconds) => metrics.answered(response, seconds));
    const close = async (): Promise<void> => {
      sync?.close();
      await Promise.all([drain(app, requests, ctx), sockets?.close()]);
      metrics.close();
      await replay.close();
    };
    return { app, state, close };
  } catch (error) {
    metrics.close();
    await replay.close();
    throw error;
  }
}

interface SocketNeeds extends ServerOptions {
  readonly secret: string;
  readonly loopback: boolean;
  readonly peers?: Peers;
}

async function openSockets(options: SocketNeeds, replay: Replay, ctx: Ctx): Promise<Sockets | undefined> {
  const { sockets, secret, loopback, allowedOrigins = [], trustProxy = false, maxKeys, peers } = options;
  if (sockets === undefined) return undefined;
  await prepareZstd();
  const rules = { secret, loopback, allowedOrigins, trustProxy, maxKeys, ...(peers && { peers }) };
  return new Sockets({ ...sockets, ...rules }, replay, ctx);
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
