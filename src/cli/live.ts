import type { Settings } from '../config/table.js';
import type { ServerOptions } from '../server/start.js';
import { openBusPort } from './bus.js';
import type { CommandCall } from './command.js';
import { announceLive } from './live-output.js';
import { refuseWithLive } from './live-refusals.js';
import { openLiveSynth, type SynthMarket } from './live-synth.js';

/** What `gex serve --live` is beside a server. */
interface LiveServing {
  readonly options: Partial<ServerOptions>;
  announce(server: { readonly url: string; readonly date: string; readonly files: number }): Promise<void>;
  /** Rejects when the records stop coming for another reason than their end. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** How often sockets look for new records where nobody said otherwise: a record is pushed this much later at most. */
const LOOK_MS = 100;

/** Starts what a live server needs; undefined without `--live`. Options that contradict it throw `usage`. */
export async function openLive(call: CommandCall): Promise<LiveServing | undefined> {
  refuseWithLive(call);
  const { settings, origins } = call;
  if (!settings.live) return undefined;
  const market = settings.liveSource === 'synth' ? await openMarket(call) : undefined;
  const intervalMs = origins.wsStreamInterval.layer === 'default' ? LOOK_MS : settings.wsStreamInterval;
  return {
    options: {
      live: true,
      mode: 'stream',
      ...(market && { root: market.root, sessionNow: market.sessionNow }),
      ...(settings.wsEnabled && { sockets: socketsEvery(intervalMs, settings) }),
    },
    announce: (server) => announceLive(server, market, call),
    failed: neverUnless(market),
    close: async () => market?.close(),
  };
}

/** A synthetic market that tells the bus. */
async function openMarket({ settings, ctx }: CommandCall): Promise<SynthMarket> {
  const ports = await openBusPort(settings, ctx);
  const closeBus = async (): Promise<void> => ports.bus?.close();
  try {
    const market = await openLiveSynth(settings, { ports }, ctx);
    return { ...market, close: () => market.close().finally(closeBus) };
  } catch (error) {
    await closeBus();
    throw error;
  }
}

function socketsEvery(intervalMs: number, settings: Settings): NonNullable<ServerOptions['sockets']> {
  const { wsGroupPrefix: prefix, wsGroupLimit: groupLimit } = settings;
  return {
    ...{ intervalMs, prefix, groupLimit },
    tokenLifetimeMs: settings.wsTokenLifetime,
    maxClients: settings.wsMaxClients,
  };
}

function neverUnless(market: SynthMarket | undefined): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    market?.ended.catch(reject);
  });
  failed.catch(() => undefined); // heard by whoever waits for it
  return failed;
}
