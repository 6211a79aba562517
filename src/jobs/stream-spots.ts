import type { TradingDay } from '../core/calendar.js';
import { GexError } from '../errors.js';
import type { Quote } from '../feeds/tradestation/model.js';
import type { StreamOptions } from '../feeds/tradestation/stream.js';
import { symbolsOf } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import { openFeed } from './stream-feed.js';

/** What is known of an underlying's price. */
export interface SpotQuote {
  /** Last trade, else the middle of bid and ask; NaN when there is neither. */
  readonly spot: number;
  /** When anything was last heard of it, epoch ms; NaN before. */
  readonly heardMs: number;
  readonly delayed: boolean;
  /** Why it is not of the moment; undefined when it is. */
  readonly fault?: string;
}

/** The prices of all underlyings, on one stream that is never opened anew because of options. */
export interface Spots {
  of(ticker: string): SpotQuote;
  /** Resolves when every underlying has a price. GexError `missing` for one the vendor does not know. */
  ready(): Promise<void>;
  /** Rejects with what cannot be mended. */
  readonly failed: Promise<void>;
  stop(): Promise<void>;
}

interface Known {
  bid: number;
  ask: number;
  last: number;
  heardMs: number;
  delayed: boolean;
}

/** Follows the quotes of some underlyings; it is expected to speak while `expected` says so. */
export function openSpots(
  {
    tickers,
    day,
    mayRetry,
  }: { readonly tickers: readonly string[]; readonly day: TradingDay; readonly mayRetry: () => boolean },
  rest: StreamOptions,
  ctx: Ctx,
): Spots {
  const nothing = (): Known => ({
    bid: Number.NaN,
    ask: Number.NaN,
    last: Number.NaN,
    heardMs: Number.NaN,
    delayed: false,
  });
  const known = new Map(tickers.map((ticker) => [symbolsOf(ticker).quoteSymbol, nothing()]));
  let tellReady: () => void;
  let tellUnknown: (error: GexError) => void;
  const ready = new Promise<void>((resolve, reject) => {
    tellReady = resolve;
    tellUnknown = reject;
  });
  ready.catch(() => undefined);
  const feed = openFeed(
    {
      ...{ label: `quotes of ${tickers.join(', ')}`, symbols: [...known.keys()], refused: new Set<string>() },
      expected: (nowMs) => nowMs >= day.openMs && nowMs < day.closeMs,
    },
    {
      options: rest,
      listener: {
        onQuote: (quote, atMs) => {
          merge(known.get(quote.symbol), quote, atMs);
          if ([...known.values()].every((row) => spotOf(row) > 0)) tellReady();
        },
        onOpen: () => undefined,
        onLost: () => undefined,
        onRefused: (symbol, fault) => {
          const message = `TradeStation does not know ${symbol} (${fault}); give underlyings such as SPY, QQQ or SPX`;
          tellUnknown(new GexError('missing', message));
        },
        mayRetry,
      },
    },
    ctx,
  );
  return {
    of: (ticker) => {
      const row = known.get(symbolsOf(ticker).quoteSymbol) ?? nothing();
      const fault = feed.fault(ctx.clock.now());
      return {
        spot: spotOf(row),
        heardMs: row.heardMs,
        delayed: row.delayed,
        ...(fault === undefined ? {} : { fault }),
      };
    },
    ready: async () => {
      const stopped = new Promise<never>((_, reject) => {
        if (ctx.signal.aborted) reject(ctx.signal.reason);
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason), { once: true });
      });
      await Promise.race([ready, feed.ended, stopped]);
    },
    failed: feed.ended,
    stop: feed.stop,
  };
}

function merge(row: Known | undefined, { bid, ask, last, delayed }: Quote, atMs: number): void {
  if (!row) return;
  row.heardMs = atMs;
  if (bid !== undefined) row.bid = bid;
  if (ask !== undefined) row.ask = ask;
  if (last !== undefined && last > 0) row.last = last;
  if (delayed !== undefined) row.delayed = delayed;
}

function spotOf({ bid, ask, last }: Known): number {
  if (last > 0) return last;
  return bid > 0 && ask >= bid ? (bid + ask) / 2 : Number.NaN;
}
