import type { TradingDay } from '../core/calendar.js';
import type { ChainSnapshot } from '../core/model.js';
import { isIndex } from '../core/settlement.js';
import { symbolsOf, type UnderlyingSymbols } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import { type LiveContracts, liveContracts } from './stream-contracts.js';
import { ContractFeeds, type FeedsPorts } from './stream-feeds.js';
import type { Listing } from './stream-listing.js';
import type { SessionRecords } from './stream-records.js';
import { isOffCentre, type Selection, selectStrikes } from './stream-selection.js';
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

/** What an underlying's session is made of. */
interface UnderlyingParts {
  readonly listing: Listing;
  readonly selection: Selection;
  readonly records: SessionRecords;
}

const RECENT_MS = 60_000;
const DELAYED = 'TradeStation marks its quotes as delayed: the account has no real-time data';

/** One underlying's session: the contracts that are followed around its spot, and what each tick comes to. Close it. */
export class Underlying {
  readonly symbols: UnderlyingSymbols;
  readonly #options: UnderlyingOptions;
  readonly #ctx: Ctx;
  readonly #listing: Listing;
  readonly #contracts: LiveContracts;
  readonly #feeds: ContractFeeds;
  readonly #records: SessionRecords;
  #selection: Selection;
  /** The open has passed, and with it the volumes of the session before. */
  #isOpen: boolean;
  #isClosed = false;
  #delayed = false;
  records = 0;

  /** Opens the streams of the selected contracts. */
  constructor(
    options: UnderlyingOptions,
    { listing, selection, records }: UnderlyingParts,
    ports: Omit<FeedsPorts, 'mayRetry'>,
    ctx: Ctx,
  ) {
    this.symbols = symbolsOf(options.ticker);
    this.#options = options;
    this.#ctx = ctx;
    this.#listing = listing;
    this.#contracts = liveContracts(listing, records.checkpoint?.book);
    this.#records = records;
    this.#selection = selection;
    this.#isOpen = ctx.clock.now() >= options.day.openMs;
    const { rest, room, fail } = ports;
    const mayRetry = (): boolean => this.records > 0;
    this.#feeds = new ContractFeeds(options, this.#contracts, { rest, room, fail, mayRetry }, ctx);
    this.#feeds.carry(selection);
    const { checkpoint, lastMs } = records;
    if (checkpoint?.atMs === lastMs) records.remember(this.#snapshot(lastMs, { spot: Number.NaN, delayed: false }));
    this.#awaitOpen();
  }

  /** The instant from which on nothing is accounted for. */
  get reachedMs(): number {
    return this.#records.reachedMs;
  }

  get gaps(): number {
    return this.#records.gaps;
  }

  /** There are no records up to, exclusive, `toMs`. */
  missed(toMs: number, reason: string): void {
    this.#records.missed(toMs, [reason]);
  }

  /** The record of a tick, or the reason why there is none. */
  async tick(atMs: number, quote: SpotQuote): Promise<StreamTick> {
    this.#beginSession();
    this.#feeds.tellRefused();
    this.#tellDelayed(quote);
    this.#records.requireOurs();
    const { intervalMs, day } = this.#options;
    const nowMs = this.#ctx.clock.now();
    const faults = this.#faults(quote, nowMs);
    if (faults.length > 0) {
      this.#records.missed(Math.min(atMs + intervalMs, day.closeMs), faults);
      return { ...this.#state(atMs, quote, nowMs), missing: faults.join('; '), ...NO_FIGURES };
    }
    const published = await this.#records.record(this.#snapshot(atMs, quote), this.#contracts.book.state());
    this.records += 1;
    this.#follow(quote.spot);
    return { ...this.#state(atMs, quote, nowMs), ...figuresOf(published) };
  }

  /** Ends the gap that is open, stops the streams, makes the records durable. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#feeds.stop();
    } finally {
      await this.#records.close();
    }
  }

  /** Resolves when all gaps have been tried to fill. */
  filled(): Promise<void> {
    return this.#records.filled();
  }

  #faults(quote: SpotQuote, nowMs: number): string[] {
    const { ticker, day } = this.#options;
    const faults = this.#feeds.faults(nowMs);
    if (quote.fault !== undefined) faults.unshift(quote.fault);
    else if (!(quote.spot > 0)) faults.unshift(`no price of ${ticker}`);
    // Until its first print an index still shows the close of the session before, and so do options.
    else if (isIndex(ticker) && quote.heardMs < day.openMs) faults.unshift(`no print of ${ticker} since the open`);
    const { quotedMs } = this.#contracts.book.columns;
    if (faults.length === 0 && !quotedMs.some((ms) => ms >= day.openMs)) {
      faults.push('no quote of an option since the open');
    }
    return faults;
  }

  #snapshot(atMs: number, { spot, delayed }: Pick<SpotQuote, 'spot' | 'delayed'>): ChainSnapshot {
    return this.#contracts.snapshot({
      ...{ underlying: this.#options.ticker, asOfMs: atMs, spot },
      source: { kind: 'tradestation', name: `TradeStation ${this.symbols.quoteSymbol}` },
      warnings: delayed ? [DELAYED] : [],
    });
  }

  #state(atMs: number, quote: SpotQuote, nowMs: number) {
    const { quotedMs } = this.#contracts.book.columns;
    const recent = quotedMs.reduce((sum, ms) => sum + (nowMs - ms < RECENT_MS ? 1 : 0), 0);
    return {
      ...{ ticker: this.#options.ticker, atMs, spot: quote.spot, contracts: quotedMs.length },
      ...{ quoted: recent / quotedMs.length, dataAgeMs: Math.max(0, nowMs - quote.heardMs) },
      ...{ refused: this.#feeds.refused, gaps: this.gaps, delayed: quote.delayed },
    };
  }

  /** Chooses the strikes anew where spot has left the middle of them. */
  #follow(spot: number): void {
    const { strikeDistance } = this.#options;
    if (!isOffCentre(this.#selection, spot, strikeDistance)) return;
    this.#selection = selectStrikes(this.#listing.expiries, spot, strikeDistance);
    this.#feeds.carry(this.#selection);
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

  #tellDelayed({ delayed }: SpotQuote): void {
    if (delayed && !this.#delayed) this.#ctx.log.warn(`${this.#options.ticker}: ${DELAYED}`);
    this.#delayed = delayed;
  }
}
