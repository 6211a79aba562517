import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Settings } from '../../config/table.js';
import { parseYaml } from '../../config/yaml.js';
import type { Ctx } from '../../io/ctx.js';
import { storageError } from '../../io/files.js';
import { type FaultPlan, parseFaultPlan } from '../../server/faults.js';
import type { StoreOptions } from '../../server/position-store.js';
import type { SocketSettings } from '../../server/sockets/sockets.js';
import { type RunningServer, type ServerOptions, startServer } from '../../server/start.js';
import type { CommandCall } from '../command.js';
import { openLive } from '../live.js';

/** Serves a day of the archive over HTTP until SIGINT or SIGTERM, then lets requests under way finish. */
export async function run(call: CommandCall): Promise<void> {
  const { settings, ctx, out } = call;
  const options = await serverOptions(settings);
  const live = await openLive(call);
  const server = await start({ ...options, ...live?.options }, settings, ctx).catch(async (error: unknown) => {
    await live?.close();
    throw error;
  });
  try {
    await (live ? live.announce(server) : announce(server, { settings, out }));
    const stopped = ctx.signal.aborted ? undefined : once(ctx.signal, 'abort');
    await Promise.race([stopped, ...(live ? [live.failed] : [])]);
  } finally {
    await server.close();
    await live?.close();
  }
}

async function start(options: ServerOptions, { workers }: Settings, ctx: Ctx): Promise<RunningServer> {
  if (workers === 1) return startServer(options, ctx);
  const { startWorkers } = await import('../../server/workers/start.js');
  return startWorkers(options, workers, ctx);
}

async function serverOptions(settings: Settings): Promise<ServerOptions> {
  const { dataDate, dataMode, cacheMode, endpointCacheMode, adminToken, allowedOrigins, signingSecret } = settings;
  const modes = { mode: dataMode, cacheMode, endpointCacheMode };
  return {
    host: settings.host,
    port: settings.port,
    root: settings.dataDir,
    date: dataDate,
    ...modes,
    maxKeys: settings.playbackMaxKeys,
    store: storeOptions(settings),
    ...(settings.playback === 'clock' && {
      clock: { owner: settings.playbackClock, speed: settings.playbackSpeed, loop: cacheMode === 'rotation' },
    }),
    logRequests: settings.verbose || settings.logLevel === 'debug',
    strictHeaders: settings.strictHeaders,
    rateLimitPerSecond: settings.rateLimitPerSecond,
    maxConnections: settings.maxConnections,
    reloadEveryMs: settings.reloadInterval,
    history: { linkLifeMs: settings.histUrlTtl, windowDays: settings.histWindowDays },
    trustProxy: settings.trustProxy,
    ...(adminToken !== undefined && { adminToken }),
    ...(allowedOrigins !== undefined && { allowedOrigins }),
    ...(settings.faults !== undefined && { faults: await readFaults(settings.faults) }),
    ...(signingSecret !== undefined && { signingSecret }),
    ...(settings.syncEnabled && {
      sync: { id: settings.syncId ?? hostname(), intervalMs: settings.syncInterval },
    }),
    ...(settings.wsEnabled && { sockets: socketSettings(settings) }),
  };
}

/** The part of the settings that is about WebSockets. */
export function socketSettings(settings: Settings): SocketSettings {
  return {
    intervalMs: settings.wsStreamInterval,
    prefix: settings.wsGroupPrefix,
    groupLimit: settings.wsGroupLimit,
    tokenLifetimeMs: settings.wsTokenLifetime,
    maxClients: settings.wsMaxClients,
  };
}

function storeOptions({ playbackStore, redisUrl = 'redis://127.0.0.1:6379' }: Settings): StoreOptions {
  return playbackStore === 'redis'
    ? { kind: 'redis', url: redisUrl, prefix: 'gex:playback:' }
    : { kind: playbackStore };
}

async function readFaults(path: string): Promise<FaultPlan> {
  const bytes = await readFile(path, 'utf8').catch((error: unknown) => {
    throw storageError(error, 'read', path);
  });
  return parseFaultPlan(parseYaml(bytes, path), path);
}

/** The ready line: what programs wait for, and what people click on. */
async function announce(
  { url, date, files, tickers }: RunningServer,
  { settings, out }: Pick<CommandCall, 'settings' | 'out'>,
): Promise<void> {
  const { dataMode, playback, cacheMode, endpointCacheMode, workers } = settings;
  if (out.json) {
    const modes = { dataMode, playback, cacheMode, endpointCacheMode, workers };
    return out.object({ schema: 'gex-serve/1', url, docs: `${url}/docs`, date, files, tickers, ...modes });
  }
  const [ticker = 'SPX'] = tickers;
  await out.table({
    head: ['serving', url],
    rows: [
      ['documents', `${url}/docs`],
      ['try', `curl '${url}/v2/${ticker}/classic/gex_zero?key=me'`],
      ['date', date],
      ['files', `${files} of ${tickers.join(' ')}`],
      ['data mode', dataMode],
      ['playback', playback],
      ['cache mode', cacheMode],
      ['endpoint cache mode', endpointCacheMode],
      ...(workers > 1 ? [['workers', String(workers)]] : []),
    ],
  });
}
