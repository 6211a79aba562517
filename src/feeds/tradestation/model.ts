/** TradeStation's answers as we use them: strict types, unknown is undefined, times in epoch ms UTC, prices in USD or points. */

/** What a quote message says; of a stream's delta only what changed. */
export interface QuoteFields {
  readonly bid?: number;
  readonly ask?: number;
  /** Contracts or shares. */
  readonly bidSize?: number;
  readonly askSize?: number;
  readonly last?: number;
  readonly lastSize?: number;
  readonly open?: number;
  readonly high?: number;
  readonly low?: number;
  readonly close?: number;
  readonly previousClose?: number;
  /** Of the day so far; of options it begins again at the open. */
  readonly volume?: number;
  readonly previousVolume?: number;
  readonly openInterest?: number;
  readonly vwap?: number;
  /** Of the last trade. It does not move when only bid and ask do. */
  readonly tradeMs?: number;
  readonly delayed?: boolean;
  readonly halted?: boolean;
}

export interface Quote extends QuoteFields {
  /** Upper case: streams may echo another case. */
  readonly symbol: string;
}

export type BarUnit = 'Minute' | 'Daily' | 'Weekly' | 'Monthly';

export interface TradeStationBar {
  /** End of an intraday bar, as TradeStation stamps it; the session close of a daily one. */
  readonly endMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume?: number;
  readonly upVolume?: number;
  readonly downVolume?: number;
  readonly openInterest?: number;
  readonly closed: boolean;
  readonly realtime: boolean;
  readonly endOfHistory: boolean;
}

export interface OptionExpiration {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** `Weekly`, `Monthly`, `Quarterly`, `EOM`, or another word. */
  readonly type: string;
}

export interface SymbolDetail {
  readonly symbol: string;
  readonly description?: string;
  readonly assetType?: string;
  readonly exchange?: string;
  readonly currency?: string;
  readonly root?: string;
  readonly underlying?: string;
  readonly optionType?: string;
  readonly strike?: number;
  /** `YYYY-MM-DD`. */
  readonly expirationDate?: string;
  /** Shares per contract of an option. */
  readonly pointValue?: number;
}

/** A row of the option chain and option quote streams. */
export interface Spread extends QuoteFields {
  readonly legs: readonly { readonly symbol: string; readonly ratio: number }[];
  readonly side?: string;
  readonly mid?: number;
  /** Annual decimal. */
  readonly impliedVolatility?: number;
  readonly delta?: number;
  readonly gamma?: number;
  /** Per calendar day. */
  readonly theta?: number;
  /** Per volatility point. */
  readonly vega?: number;
  readonly rho?: number;
}

/** One symbol of a list that could not be answered. */
export interface SymbolFault {
  readonly symbol: string;
  readonly fault: string;
}

/** What was answered, and the symbols that were not. */
export interface Answered<T> {
  readonly found: readonly T[];
  readonly faults: readonly SymbolFault[];
}
