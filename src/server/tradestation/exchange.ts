import { setImmediate as turn } from 'node:timers/promises';
import { newYorkDate, tradingDay } from '../../core/calendar.js';
import type { Expiry } from '../../core/model.js';
import type { SynthTicker } from '../../core/synth/tickers.js';
import {
  currentSession,
  listedSession,
  optionsCloseMs,
  postMarketMs,
  preMarketMs,
  secondOf,
  tradesExtended,
} from './market/hours.js';
import type { Market } from './market/market.js';
import { mixUniform, seedOf } from './market/mix.js';
import type { OptionDay } from './market/option-day.js';
import { BLANK_QUOTE, type QuoteState } from './market/quote-state.js';
import { refusal } from './refusal.js';
import { type Instrument, symbolTable } from './symbols.js';

/** Rate that `$IRX.X` shows, in percent: the one the synthetic chains are carried with. */
const SHORT_RATE_PERCENT = 4;
const CRYPTO_PRICES: Readonly<Record<string, number>> = { BTCUSD: 88_000, ETHUSD: 2950, LTCUSD: 78, BCHUSD: 560 };

/** The one option root whose contracts a chain request means. */
export interface Chain {
  readonly ticker: SynthTicker;
  readonly root: string;
}

/** The market by TradeStation symbols. */
export class Exchange {
  readonly market: Market;
  readonly tickers: readonly string[];
  readonly #symbols: (symbol: string) => Instrument | undefined;

  constructor(market: Market, tickers: readonly string[]) {
    this.market = market;
    this.tickers = tickers;
    this.#symbols = symbolTable(tickers);
  }

  /** What a symbol stands for at an instant; undefined when there is no such symbol, or no longer. */
  find(symbol: string, atMs: number): Instrument | undefined {
    const found = this.#symbols(symbol);
    if (found?.kind !== 'option') return found;
    return this.market.optionDay(found.ticker, listedSession(atMs)).rowOf.has(found.symbol) ? found : undefined;
  }

  /** As `find`, contracts of earlier sessions included: their bars remain. */
  findEver(symbol: string): Instrument | undefined {
    return this.#symbols(symbol);
  }

  /** Makes ready what answers about these symbols need; others get their turn meanwhile. */
  async prepare(symbols: readonly string[], atMs: number): Promise<void> {
    const tickers = new Set<SynthTicker>();
    for (const symbol of symbols) {
      const found = this.#symbols(symbol);
      if (found?.kind === 'option') tickers.add(found.ticker);
    }
    for (const ticker of tickers) await this.market.prepare(ticker, atMs, () => turn());
  }

  quote(instrument: Instrument, atMs: number): QuoteState | undefined {
    if (instrument.kind === 'underlying') return this.market.underlyingQuote(instrument.ticker, atMs);
    if (instrument.kind === 'option') return this.market.optionQuote(instrument.ticker, instrument.symbol, atMs);
    const price = instrument.kind === 'rate' ? SHORT_RATE_PERCENT : cryptoPrice(instrument.symbol, atMs);
    return { ...BLANK_QUOTE, previousClose: price, last: price, bid: price, ask: price, tradeMs: atMs };
  }

  /** Whether anything about an instrument can change at an instant. */
  isOpen(instrument: Instrument, atMs: number): boolean {
    if (instrument.kind === 'rate' || instrument.kind === 'crypto') return instrument.kind === 'crypto';
    const day = tradingDay(newYorkDate(atMs));
    if (!day) return false;
    const { ticker } = instrument;
    if (instrument.kind === 'underlying') {
      return tradesExtended(ticker)
        ? atMs >= preMarketMs(day) && atMs < postMarketMs(day)
        : atMs >= day.openMs && atMs < day.closeMs;
    }
    const endMs = instrument.option.date === day.date ? day.closeMs : optionsCloseMs(ticker, day);
    return atMs >= day.openMs && atMs < endMs;
  }

  venue(instrument: Instrument): string {
    if (instrument.kind === 'option') return 'CBOE';
    return instrument.kind === 'underlying' && tradesExtended(instrument.ticker) ? 'ARCX' : '';
  }

  /** The chain behind an underlying's symbol; 400 where there is none. */
  chain(symbol: string): Chain {
    const found = this.#symbols(symbol);
    if (found?.kind !== 'underlying' || found.ticker.futuresOf)
      throw refusal(400, `Invalid underlying symbol: ${symbol}`);
    const { ticker, root } = found;
    return { ticker, root: root ?? ticker.amRoot ?? ticker.pmRoot };
  }

  /** Contracts listed at an instant. */
  listed({ ticker }: Chain, atMs: number): OptionDay {
    return this.market.optionDay(ticker, listedSession(atMs));
  }

  /** Expiries of a chain that are listed at an instant, ascending. */
  expiries(chain: Chain, atMs: number): Expiry[] {
    return this.listed(chain, atMs).listing.contracts.expiries.filter(({ root }) => root === chain.root);
  }

  /** Expiry of a date, or the next one; 400 when there is none. */
  expiry(chain: Chain, date: string | undefined, atMs: number): Expiry {
    const expiries = this.expiries(chain, atMs);
    const found = date === undefined ? expiries[0] : expiries.find(({ label }) => label === date);
    if (found) return found;
    throw refusal(400, `Invalid expiration: ${chain.root} has none on ${date ?? 'any date'}.`);
  }

  /** Strikes of an expiry, ascending. */
  strikes(chain: Chain, expiry: Expiry, atMs: number): number[] {
    const { contracts } = this.listed(chain, atMs).listing;
    const index = contracts.expiries.indexOf(expiry);
    const strikes: number[] = [];
    for (let row = 0; row < contracts.length; row += 2) {
      if (contracts.expiry[row] === index) strikes.push(contracts.strike[row] as number);
    }
    return strikes;
  }

  /** Planted volatility and model price of a contract; undefined when it has none at that instant. */
  planted(instrument: Extract<Instrument, { kind: 'option' }>, atMs: number) {
    const day = currentSession(atMs);
    const of = this.market.optionDay(instrument.ticker, day);
    const row = of.rowOf.get(instrument.symbol);
    if (row === undefined) return undefined;
    const { iv, price, spot, atMs: pricedMs } = of.pricesAt(secondOf(day, atMs));
    return { iv: iv[row] as number, price: price[row] as number, spot, pricedMs, expiryMs: of.expiryOf(row).expiryMs };
  }
}

/** Wanders about 1 % around a fixed level, minute by minute, around the clock. */
function cryptoPrice(symbol: string, atMs: number): number {
  const minute = Math.floor(atMs / 60_000);
  const level = CRYPTO_PRICES[symbol] ?? 100;
  return Math.round(level * (0.995 + 0.01 * mixUniform(seedOf(0, symbol), minute & 0x7fffffff, 0)) * 100) / 100;
}
