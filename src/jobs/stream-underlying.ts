import { join } from 'node:path';
import type { TradingDay } from '../core/calendar.js';
import { GexError } from '../errors.js';
import type { TradeStationApi } from '../feeds/tradestation/api.js';
import type { StreamOptions } from '../feeds/tradestation/stream.js';
import { symbolsOf, type UnderlyingSymbols } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import { acquireLock, type FileLock, lockHolder } from '../io/lock.js';
import { readGaps } from '../stores/archive/gaps.js';
import type { Store } from '../stores/sql/open.js';
import { type LivePublisher, openLivePublisher } from './live-publish.js';
import { createGapFiller, type GapFiller } from './stream-bars.js';
import { type LiveContracts, liveContracts } from './stream-contracts.js';
import { type Coverage, createCoverage } from './stream-coverage.js';
import { type Feed, openFeed } from './stream-feed.js';
import { fetchListing } from './stream-listing.js';
import { planStreams } from './stream-plan.js';
import { isOffCentre, type ListedExpiry, type Selection, selectStrikes } from './stream-selection.js';
import type { SpotQuote } from './stream-spots.js';
import { figuresOf, NO_FIGURES, type StreamTick } from './stream-tick.js';

export interface UnderlyingOptions {
  readonly root: string;
  readonly ticker: string;
  readonly day: TradingDay;
  /** Expiration dates, and points of the underlying that strikes may be away from spot. */
  readonly expirations: number;
  readonly strikeDistance: number;
  readonly intervalMs: number;
  readonly symbolsPerStream: number;
  /** Annual decimal. */
  readonly rate?: number;
}

interface UnderlyingPorts {
  readonly rest: StreamOptions;
  readonly api: TradeStationApi;
  readonly store: Store;
  readonly runId: number;
  /** Streams that are still to be had; shared with the other underlyings. */
  readonly room: { streams: number };
  /** Hears of what cannot be mended by trying again. */
  readonly fail: (error: unknown) => void;
}

const EXPOSURES_EVERY_MS = 60_000;
const LOCK_TTL_MS = 60_000;
const RECENT_MS = 60_000;
/** Refused symbols that one message names. */
const NAMED = 5;
export const NOT_RUNNING = 'gex stream was not running';

/** Whether quotes should be coming: within the session. */
const expectedIn = (day: TradingDay) => (nowMs: number) => nowMs >= day.openMs && nowMs < day.closeMs;

/** One underlying's session: its contracts, the streams that carry them, its records and its gaps. Close it. */
export class Underlying {
  readonly symbols: UnderlyingSymbols;
  readonly #options: UnderlyingOptions;
  readonly #ports: UnderlyingPorts;
  readonly #ctx: Ctx;
  readonly #listed: readonly ListedExpiry[];
  readonly #contracts: LiveContracts;
  readonly #publisher: LivePublisher;
  readonly #coverage: Coverage;
  readonly #filler: GapFiller;
  readonly #lock: FileLock;
  readonly #refused = new Set<string>();
  #newlyRefused: string[] = [];
  #feeds: Feed[] = [];
  #streams: readonly (readonly string[])[] = [];
  #selection: Selection;
  /** The open has passed, and with it the volumes of the session before. */
  #isOpen: boolean;
  #isClosed = false;
  #delayed = false;
  #isFull = false;
  records = 0;

  private constructor(parts: {
    readonly options: UnderlyingOptions;
    readonly ports: UnderlyingPorts;
    readonly ctx: Ctx;
    readonly listed: readonly ListedExpiry[];
    readonly contracts: LiveContracts;
    readonly publisher: LivePublisher;
    readonly coverage: Coverage;
    readonly filler: GapFiller;
    readonly lock: FileLock;
    readonly selection: Selection;
  }) {
    this.#options = parts.options;
    this.#ports = parts.ports;
    this.#ctx = parts.ctx;
    this.#listed = parts.listed;
    this.#contracts = parts.contracts;
    this.#publisher = parts.publisher;
    this.#coverage = parts.coverage;
    this.#filler = parts.filler;
    this.#lock = parts.lock;
    this.#selection = parts.selection;
    this.symbols = symbolsOf(parts.options.ticker);
    this.#isOpen = parts.ctx.clock.now() >= parts.options.day.openMs;
  }

  /**
   * Asks what is listed, opens the record files behind what they hold, and the streams around `spot`. GexError `usage` when
   * more contracts are wanted than streams can carry; `storage` when another process records the ticker; as the calls.
   */
  static async open(options: UnderlyingOptions, spot: number, ports: UnderlyingPorts, ctx: Ctx): Promise<Underlying> {
    const { root, ticker, day, intervalMs, rate } = options;
    const symbols = symbolsOf(ticker);
    const request = { symbols, count: options.expirations, atMs: day.openMs };
    const listing = await fetchListing(ports.api, request, ctx);
    const contracts = liveContracts(listing);
    const selection = selectStrikes(listing.expiries, spot, options.strikeDistance);
    const wanted = contracts.select(selection);
    refuseTooMany(options, wanted.length, ports.room.streams);
    const lock = await lockOf(root, ticker, ctx);
    try {
      const publisher = await openLivePublisher(
        {
          ...{ root, ticker, date: day.date, iv: 'solve', exposureIntervalMs: EXPOSURES_EVERY_MS },
          ...(rate === undefined ? {} : { rate }),
        },
        ports,
        ctx,
      );
      const filler = createGapFiller(
        { root, ticker, date: day.date, barSymbol: symbols.barSymbol },
        { rest: ports.rest, bars: ports.store.bars },
        ctx,
      );
      const gaps = await readGaps(root, day.date, ticker);
      for (const gap of gaps) if (gap.filled === undefined) filler.fill(gap);
      const recordedMs = Number.isNaN(publisher.lastMs) ? day.openMs : publisher.lastMs + intervalMs;
      const fromMs = Math.max(day.openMs, recordedMs, ...gaps.map(({ toMs }) => toMs));
      const coverage = createCoverage({ fromMs, intervalMs }, async (gap) => {
        await publisher.gap(gap);
        filler.fill(gap);
      });
      const parts = { options, ports, ctx, listed: listing.expiries, contracts, publisher, coverage, filler, lock };
      const underlying = new Underlying({ ...parts, selection });
      underlying.#carry(wanted);
      underlying.#awaitOpen();
      return underlying;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** The instant from which on nothing is accounted for. */
  get reachedMs(): number {
    return this.#coverage.reachedMs;
  }

  get gaps(): number {
    return this.#coverage.gaps;
  }

  /** There are no records up to, exclusive, `toMs`. */
  missed(toMs: number, reason: string): void {
    this.#coverage.missed(toMs, [reason]);
  }

  /** The record of a tick, or the reason why there is none. */
  async tick(atMs: number, quote: SpotQuote): Promise<StreamTick> {
    this.#beginSession();
    this.#tellRefused();
    this.#tellDelayed(quote);
    const nowMs = this.#ctx.clock.now();
    const faults = this.#faults(quote, nowMs);
    if (faults.length > 0) {
      this.#coverage.missed(Math.min(atMs + this.#options.intervalMs, this.#options.day.closeMs), faults);
      return { ...this.#state(atMs, quote, nowMs), missing: faults.join('; '), ...NO_FIGURES };
    }
    const { ticker } = this.#options;
    const published = await this.#publisher.publish(
      this.#contracts.snapshot({
        ...{ underlying: ticker, asOfMs: atMs, spot: quote.spot },
        source: { kind: 'tradestation', name: `TradeStation ${this.symbols.quoteSymbol}` },
        warnings: quote.delayed ? [DELAYED] : [],
      }),
    );
    await this.#coverage.recorded(atMs);
    this.records += 1;
    if (isOffCentre(this.#selection, quote.spot, this.#options.strikeDistance)) this.#recentre(quote.spot);
    return { ...this.#state(atMs, quote, nowMs), ...figuresOf(published) };
  }

  /** Ends the gap that is open, stops the streams, makes the records durable. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#coverage.end();
      await Promise.all(this.#feeds.map((feed) => feed.stop()));
      await this.#publisher.close();
    } finally {
      await this.#lock.release();
    }
  }

  /** Resolves when all gaps have been tried to fill. */
  filled(): Promise<void> {
    return this.#filler.settled();
  }

  #faults(quote: SpotQuote, nowMs: number): string[] {
    if (this.#lock.lost.aborted) throw this.#lock.lost.reason;
    const faults = this.#feeds.flatMap((feed) => feed.fault(nowMs) ?? []);
    if (quote.fault !== undefined) faults.unshift(quote.fault);
    else if (!(quote.spot > 0)) faults.unshift(`no price of ${this.#options.ticker}`);
    return faults;
  }

  #state(atMs: number, quote: SpotQuote, nowMs: number) {
    const { quotedMs } = this.#contracts.book.columns;
    const recent = quotedMs.reduce((sum, ms) => sum + (nowMs - ms < RECENT_MS ? 1 : 0), 0);
    return {
      ...{ ticker: this.#options.ticker, atMs, spot: quote.spot, contracts: quotedMs.length },
      ...{ quoted: recent / quotedMs.length, dataAgeMs: Math.max(0, nowMs - quote.heardMs) },
      ...{ refused: this.#refused.size, gaps: this.#coverage.gaps, delayed: quote.delayed },
    };
  }

  #recentre(spot: number): void {
    this.#selection = selectStrikes(this.#listed, spot, this.#options.strikeDistance);
    const wanted = this.#contracts.select(this.#selection);
    this.#carry(wanted);
  }

  /** Opens anew the streams whose symbols change, and no other. */
  #carry(wanted: readonly string[]): void {
    const { symbolsPerStream, ticker } = this.#options;
    const { room } = this.#ports;
    const streams = this.#feeds.length + room.streams;
    const { centre } = this.#selection;
    const farness = (symbol: string): number => Math.abs(this.#contracts.strikeOf(symbol) - centre);
    const next = planStreams(this.#streams, wanted, { symbolsPerStream, streams }, farness);
    const carried = new Set(next.flat());
    const left = this.#streams.flat().filter((symbol) => !carried.has(symbol));
    this.#contracts.book.forgetQuotes(left);
    if (!this.#isFull && wanted.some((symbol) => !carried.has(symbol))) {
      this.#isFull = true;
      this.#ctx.log.warn(`${ticker}: the streams are full, strikes far from spot are left out`);
    }
    next.forEach((symbols, i) => {
      const before = this.#feeds[i];
      if (before && this.#streams[i] === symbols) return;
      if (before) void before.stop();
      else room.streams -= 1;
      this.#feeds[i] = this.#open(symbols, `${ticker} options ${i + 1}`, before);
    });
    this.#streams = next;
  }

  #open(symbols: readonly string[], label: string, before: Feed | undefined): Feed {
    const { book } = this.#contracts;
    const renewed = before !== undefined && before.fault(this.#ctx.clock.now()) === undefined;
    const expected = expectedIn(this.#options.day);
    const listener = {
      onQuote: (quote: Parameters<typeof book.apply>[0], atMs: number) => void book.apply(quote, atMs),
      onOpen: (opened: readonly string[]) => book.expectSnapshot(opened),
      onLost: (lost: readonly string[]) => book.forgetQuotes(lost),
      onRefused: (symbol: string) => {
        if (this.#refused.has(symbol)) return;
        this.#refused.add(symbol);
        this.#newlyRefused.push(symbol);
      },
      mayRetry: () => this.records > 0,
    };
    const options = { label, symbols, refused: this.#refused, expected, renewed };
    const feed = openFeed(options, { options: this.#ports.rest, listener }, this.#ctx);
    feed.ended.catch(this.#ports.fail);
    return feed;
  }

  #awaitOpen(): void {
    if (this.#isOpen) return;
    const { clock, signal } = this.#ctx;
    clock.sleep(this.#options.day.openMs - clock.now(), signal).then(
      () => this.#beginSession(),
      () => undefined,
    );
  }

  #beginSession(): void {
    if (this.#isOpen || this.#ctx.clock.now() < this.#options.day.openMs) return;
    this.#isOpen = true;
    this.#contracts.book.beginSession(this.#options.day.openMs);
  }

  #tellRefused(): void {
    if (this.#newlyRefused.length === 0) return;
    const symbols = this.#newlyRefused;
    this.#newlyRefused = [];
    const named = symbols.slice(0, NAMED).join(', ') + (symbols.length > NAMED ? ', ...' : '');
    this.#ctx.log.warn(`${this.#options.ticker}: symbols are refused and left out until the next session`, {
      count: symbols.length,
      named,
    });
  }

  #tellDelayed({ delayed }: SpotQuote): void {
    if (delayed && !this.#delayed) this.#ctx.log.warn(`${this.#options.ticker}: ${DELAYED}`);
    this.#delayed = delayed;
  }
}

const DELAYED = 'TradeStation marks its quotes as delayed: the account has no real-time data';

function refuseTooMany(
  { ticker, expirations, strikeDistance, symbolsPerStream }: UnderlyingOptions,
  contracts: number,
  streams: number,
): void {
  const room = streams * symbolsPerStream;
  if (contracts <= room) return;
  throw new GexError(
    'usage',
    `${ticker}: ${expirations} expirations within ${strikeDistance} points of spot are ${contracts} contracts, ` +
      `${streams} streams of ${symbolsPerStream} symbols carry ${room}; lower --strike-distance or --expirations, ` +
      'or raise TRADESTATION_SYMBOLS_PER_STREAM (up to 800 have been seen to work)',
  );
}

async function lockOf(root: string, ticker: string, ctx: Ctx): Promise<FileLock> {
  const path = join(root, '.stream', `${ticker}.lock`);
  const lock = await acquireLock(path, { ttlMs: LOCK_TTL_MS }, ctx);
  if (lock) return lock;
  const holder = await lockHolder(path);
  throw new GexError('storage', `${ticker} is being recorded by ${holder?.tag ?? 'another process'} already; stop it`);
}
