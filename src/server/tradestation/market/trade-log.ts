import type { SessionOptions } from '../../../core/synth/path.js';
import { type SyntheticSession, startSession } from '../../../core/synth/session.js';
import type { Print } from './bar-table.js';

/** What a contract's trades of the day came to so far; NaN before the first one. */
export interface TradeSummary {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly last: number;
  readonly lastSize: number;
  readonly lastMs: number;
  readonly volume: number;
  readonly vwap: number;
}

type PriceOf = (row: number, second: number, aggressor: number) => number;

/** A contract's figures up to trade `upTo`. */
interface RunningSummary {
  upTo: number;
  open: number;
  high: number;
  low: number;
  last: number;
  lastSize: number;
  lastSecond: number;
  volume: number;
  turnover: number;
}

/** The option trades of a session so far; each contract's trades are a chain from its newest one back. */
export class TradeLog {
  readonly #options: SessionOptions;
  readonly #price: PriceOf;
  #session: SyntheticSession;
  #length = 0;
  #second = new Int32Array(1 << 14);
  #size = new Int32Array(1 << 14);
  #aggressor = new Int8Array(1 << 14);
  /** The contract's trade before this one; -1: none. */
  #before = new Int32Array(1 << 14);
  #newest: Int32Array;
  #summaries = new Map<number, RunningSummary>();

  constructor(options: SessionOptions, price: PriceOf) {
    this.#options = options;
    this.#price = price;
    this.#session = startSession(options);
    this.#newest = new Int32Array(this.#session.listing.contracts.length).fill(-1);
    this.#record();
  }

  get second(): number {
    return this.#session.second;
  }

  /** Draws trades up to and including a second; one that lies behind starts the session over. */
  advanceTo(second: number): void {
    if (second < this.#session.second) this.#restart();
    while (this.#session.second < second) {
      this.#session.advance();
      this.#record();
    }
  }

  summary(row: number): TradeSummary {
    const running = this.#summaries.get(row) ?? startSummary();
    this.#summaries.set(row, running);
    for (const trade of this.#since(row, running.upTo)) {
      const price = this.#price(row, this.#second[trade] as number, this.#aggressor[trade] as number);
      const size = this.#size[trade] as number;
      if (running.volume === 0) running.open = price;
      running.high = running.volume === 0 ? price : Math.max(running.high, price);
      running.low = running.volume === 0 ? price : Math.min(running.low, price);
      running.last = price;
      running.lastSize = size;
      running.lastSecond = this.#second[trade] as number;
      running.volume += size;
      running.turnover += size * price;
      running.upTo = trade;
    }
    const { open, high, low, last, lastSize, lastSecond, volume, turnover } = running;
    const lastMs = this.#options.day.openMs + lastSecond * 1000;
    return { open, high, low, last, lastSize, lastMs, volume, vwap: turnover / volume };
  }

  prints(row: number): Print[] {
    return this.#since(row, -1).map((trade) => {
      const at = this.#second[trade] as number;
      const price = this.#price(row, at, this.#aggressor[trade] as number);
      return { atMs: this.#options.day.openMs + at * 1000, price, size: this.#size[trade] as number };
    });
  }

  /** Trades of a contract after trade `upTo`, oldest first. */
  #since(row: number, upTo: number): number[] {
    const trades: number[] = [];
    for (let trade = this.#newest[row] as number; trade > upTo; trade = this.#before[trade] as number)
      trades.push(trade);
    return trades.reverse();
  }

  #restart(): void {
    this.#session = startSession(this.#options);
    this.#length = 0;
    this.#newest.fill(-1);
    this.#summaries = new Map();
    this.#record();
  }

  #record(): void {
    const { trades, second } = this.#session;
    while (this.#length + trades.length > this.#second.length) this.#grow();
    for (let i = 0; i < trades.length; i++) {
      const at = this.#length++;
      const row = trades.contract[i] as number;
      this.#second[at] = second;
      this.#size[at] = trades.size[i] as number;
      this.#aggressor[at] = trades.aggressor[i] as number;
      this.#before[at] = this.#newest[row] as number;
      this.#newest[row] = at;
    }
  }

  #grow(): void {
    const doubled = <T extends Int32Array | Int8Array>(column: T, make: (length: number) => T): T => {
      const next = make(2 * column.length);
      next.set(column);
      return next;
    };
    this.#second = doubled(this.#second, (n) => new Int32Array(n));
    this.#size = doubled(this.#size, (n) => new Int32Array(n));
    this.#before = doubled(this.#before, (n) => new Int32Array(n));
    this.#aggressor = doubled(this.#aggressor, (n) => new Int8Array(n));
  }
}

function startSummary(): RunningSummary {
  const none = Number.NaN;
  return {
    upTo: -1,
    open: none,
    high: none,
    low: none,
    last: none,
    lastSize: 0,
    lastSecond: 0,
    volume: 0,
    turnover: 0,
  };
}
