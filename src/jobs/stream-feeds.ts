import type { TradingDay } from '../core/calendar.js';
import type { StreamOptions } from '../feeds/tradestation/stream.js';
import type { Ctx } from '../io/ctx.js';
import type { LiveContracts } from './stream-contracts.js';
import { type Feed, openFeed } from './stream-feed.js';
import { planStreams } from './stream-plan.js';
import type { Selection } from './stream-selection.js';

interface FeedsOptions {
  readonly ticker: string;
  readonly day: TradingDay;
  readonly symbolsPerStream: number;
}

export interface FeedsPorts {
  readonly rest: StreamOptions;
  /** Streams that are still to be had; shared with the other underlyings. */
  readonly room: { streams: number };
  /** Hears of what cannot be mended by trying again. */
  readonly fail: (error: unknown) => void;
  /** Whether a stream that is refused should be asked for again later. */
  readonly mayRetry: () => boolean;
}

/** Refused symbols that one message names. */
const NAMED = 5;

/** The quote streams that carry an underlying's contracts into their book. Stop them. */
export class ContractFeeds {
  readonly #options: FeedsOptions;
  readonly #ports: FeedsPorts;
  readonly #contracts: LiveContracts;
  readonly #ctx: Ctx;
  readonly #refusals = new Set<string>();
  #newlyRefused: string[] = [];
  #feeds: Feed[] = [];
  #streams: readonly (readonly string[])[] = [];
  #isFull = false;

  constructor(options: FeedsOptions, contracts: LiveContracts, ports: FeedsPorts, ctx: Ctx) {
    this.#options = options;
    this.#contracts = contracts;
    this.#ports = ports;
    this.#ctx = ctx;
  }

  /** Symbols that the vendor refused. */
  get refused(): number {
    return this.#refusals.size;
  }

  /** Why what is in the book is not of the moment; nothing when it is. */
  faults(nowMs: number): string[] {
    return this.#feeds.flatMap((feed) => feed.fault(nowMs) ?? []);
  }

  /** Carries a selection from now on: opens anew the streams whose symbols change, and no other. */
  carry(selection: Selection): void {
    const { symbolsPerStream, ticker } = this.#options;
    const { room } = this.#ports;
    const wanted = this.#contracts.select(selection);
    const streams = this.#feeds.length + room.streams;
    const farness = (symbol: string): number => Math.abs(this.#contracts.strikeOf(symbol) - selection.centre);
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

  /** Says in one line which symbols were refused since it was last said. */
  tellRefused(): void {
    if (this.#newlyRefused.length === 0) return;
    const symbols = this.#newlyRefused;
    this.#newlyRefused = [];
    const named = symbols.slice(0, NAMED).join(', ') + (symbols.length > NAMED ? ', ...' : '');
    this.#ctx.log.warn(`${this.#options.ticker}: symbols are refused and left out until the next session`, {
      count: symbols.length,
      named,
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#feeds.map((feed) => feed.stop()));
  }

  #open(symbols: readonly string[], label: string, before: Feed | undefined): Feed {
    const { book } = this.#contracts;
    const { openMs, closeMs } = this.#options.day;
    const renewed = before !== undefined && before.fault(this.#ctx.clock.now()) === undefined;
    const expected = (nowMs: number): boolean => nowMs >= openMs && nowMs < closeMs;
    const listener = {
      onQuote: (quote: Parameters<typeof book.apply>[0], atMs: number) => void book.apply(quote, atMs),
      onOpen: (opened: readonly string[]) => book.expectSnapshot(opened),
      onLost: (lost: readonly string[]) => book.forgetQuotes(lost),
      onRefused: (symbol: string) => {
        if (this.#refusals.has(symbol)) return;
        this.#refusals.add(symbol);
        this.#newlyRefused.push(symbol);
      },
      mayRetry: this.#ports.mayRetry,
    };
    const options = { label, symbols, refused: this.#refusals, expected, renewed };
    const feed = openFeed(options, { options: this.#ports.rest, listener }, this.#ctx);
    feed.ended.catch(this.#ports.fail);
    return feed;
  }
}
