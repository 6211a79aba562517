import type { FastifyInstance } from 'fastify';
import type { Ctx } from '../io/ctx.js';
import { addressError, bound, urlOf, warnOfExposure } from './address.js';
import { isLoopback } from './admin.js';
import { assembleServer, type ServerOptions } from './assemble.js';
import { type Follower, followNewest } from './follow.js';
import { followLive } from './live/follow.js';

export type { ServerOptions } from './assemble.js';

export interface RunningServer {
  /** With the real port, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly date: string;
  readonly files: number;
  readonly tickers: readonly string[];
  /** Stops listening, waits up to 10 s for requests under way, then cuts what is left. */
  close(): Promise<void>;
}

/**
 * Loads the day and serves it. Throws `missing` (no such day), `storage` (unreadable files) or `usage` (an address
 * that cannot be listened on).
 */
export async function startServer(options: ServerOptions, ctx: Ctx): Promise<RunningServer> {
  const { app, state, close } = await assembleServer(options, ctx);
  const { replay } = state;
  const { library } = replay.session;
  if (!isLoopback(options.host)) warnOfExposure(options, ctx);
  if (options.maxConnections !== undefined) app.server.maxConnections = options.maxConnections;
  const port = await listen(app, options).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const closing = new AbortController();
  const follower: Follower = {
    root: options.root,
    date: () => replay.session.library.date,
    reload: (date) => replay.reload(date)?.then(({ current }) => current.library.date),
  };
  const following = options.live
    ? followLive(replay, ctx, closing.signal)
    : followNewest(follower, options, ctx, closing.signal);
  return {
    url: urlOf(options.host, port),
    date: library.date,
    files: library.files,
    tickers: library.tickers,
    close: async () => {
      closing.abort();
      await following;
      await close();
    },
  };
}

/** Listens; resolves with the real port. */
async function listen(app: FastifyInstance, options: ServerOptions): Promise<number> {
  try {
    await app.listen(bound(options));
  } catch (error) {
    throw addressError(error, options);
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : options.port;
}
