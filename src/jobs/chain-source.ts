import { newYorkDate, previousTradingDay, tradingDay } from '../core/calendar.js';
import type { ChainSnapshot } from '../core/model.js';
import { underlyingOf } from '../core/settlement.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import type { ChainReadOptions } from '../wire/chain-reading.js';

export interface ChainRequest {
  readonly ticker: string;
  /** A chain file; excludes `source`. */
  readonly file?: string;
  readonly source?: 'cboe' | 'synth' | 'store' | 'tradestation';
  readonly asOfMs?: number;
  readonly spot: 'current' | 'close' | number;
  readonly seed: number;
}

/** Where chains come from. */
export interface ChainPorts {
  readFile(path: string, options: ChainReadOptions): Promise<ChainSnapshot>;
  fetchCboe(ticker: string, options: ChainReadOptions): Promise<ChainSnapshot>;
  /** One snapshot now, by the user's own key. */
  fetchTradestation(ticker: string, options: ChainReadOptions): Promise<ChainSnapshot>;
  /** The newest stored chain of an underlying, taken at `beforeMs` or earlier where that is given. */
  readStore(
    underlying: string,
    beforeMs: number | undefined,
    options: ChainReadOptions,
  ): Promise<ChainSnapshot | undefined>;
  synthesise(options: { ticker: string; seed: number; atMs?: number; date?: string }): ChainSnapshot;
}

interface ResolvedChain {
  readonly chain: ChainSnapshot;
  /** How long ago the chain was taken; NaN when the caller stated the time. */
  readonly ageMs: number;
}

/**
 * The chain that was asked for: a file, a source, or else the store's chain of the current or last session and then Cboe's
 * delayed quotes. Throws what the ports throw, `usage` for a file and a source at once, `missing` for an empty store.
 */
export async function resolveChain(request: ChainRequest, ports: ChainPorts, ctx: Ctx): Promise<ResolvedChain> {
  if (request.file !== undefined && request.source !== undefined) {
    throw new GexError('usage', `--chain ${request.file} and --source ${request.source}: give one of the two`);
  }
  const now = ctx.clock.now();
  const chain = await chainOf(request, ports, now);
  const stated = request.asOfMs !== undefined && chain.asOfMs === request.asOfMs && chain.source.kind !== 'synth';
  return { chain, ageMs: stated ? Number.NaN : now - chain.asOfMs };
}

async function chainOf(request: ChainRequest, ports: ChainPorts, now: number): Promise<ChainSnapshot> {
  const { ticker, asOfMs, spot, file } = request;
  const options = { spot, ...(asOfMs === undefined ? {} : { asOfMs }) };
  if (file !== undefined) return ports.readFile(file, options);
  const underlying = underlyingOf(ticker.toUpperCase());
  switch (request.source) {
    case 'cboe':
      return ports.fetchCboe(ticker, options);
    case 'tradestation':
      return ports.fetchTradestation(ticker, options);
    case 'synth':
      return synthetic(request, ports, now);
    case 'store': {
      const stored = await ports.readStore(underlying, asOfMs, options);
      if (stored) return stored;
      throw new GexError(
        'missing',
        `the store has no chain of ${underlying}: gex compute --store keeps one, gex synth makes a whole session`,
      );
    }
    default: {
      const stored = await ports.readStore(underlying, asOfMs, options);
      const isRecent = stored && newYorkDate(stored.asOfMs) >= previousTradingDay(newYorkDate(now));
      return stored && (isRecent || asOfMs !== undefined) ? stored : ports.fetchCboe(ticker, options);
    }
  }
}

/** Inside a session: now (or the time asked for); otherwise the last session, an hour before its close. */
function synthetic({ ticker, seed, asOfMs, spot }: ChainRequest, ports: ChainPorts, now: number): ChainSnapshot {
  const atMs = asOfMs ?? now;
  const today = newYorkDate(atMs);
  const session = tradingDay(today);
  const isOpen = session !== undefined && atMs >= session.openMs && atMs < session.closeMs;
  const isOver = session !== undefined && atMs >= session.closeMs;
  const moment = isOpen ? { atMs } : { date: isOver ? today : previousTradingDay(today) };
  if (spot === 'close')
    throw new GexError('usage', 'a synthetic chain has no official close: use --spot current or a number');
  const chain = ports.synthesise({ ticker, seed, ...moment });
  return typeof spot === 'number' ? { ...chain, spot } : chain;
}
