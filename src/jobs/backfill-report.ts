import type { Repair } from './backfill-bars.js';

/** What became of a span's bars of the underlying. */
export type SpanState =
  | 'held' // they were there
  | 'fetched'
  | 'empty' // the vendor has none
  | 'running' // it is not over: the bars so far, of minutes only
  | 'failed';

/** One session (week, month) of the report. */
export interface BackfilledSpan {
  /** Its first session, `YYYY-MM-DD`. */
  readonly date: string;
  readonly state: SpanState;
  /** Bars of the underlying in the store. */
  readonly bars: number;
  /** Option contracts whose bars stand in for the chain that nobody recorded. */
  readonly contracts?: SpanContracts;
}

export interface SpanContracts {
  /** The contracts were chosen and fetched by an earlier run. */
  readonly held: boolean;
  /** Price of the underlying that the strikes lie around: its last one of the session. */
  readonly price?: number;
  readonly expirations: readonly string[];
  readonly chosen: number;
  /** Those that traded; absent where they were held. */
  readonly traded?: number;
  readonly bars?: number;
  /** Why there are none. */
  readonly reason?: string;
}

/** What a backfill did. */
export interface BackfillReport {
  readonly underlying: string;
  readonly timeframe: string;
  /** First and last date of the window, `YYYY-MM-DD`. */
  readonly from: string;
  readonly to: string;
  readonly spans: readonly BackfilledSpan[];
  /** Openings of the index that were put right. */
  readonly repaired: readonly Repair[];
  /** Bars written by this run. */
  readonly written: { readonly bars: number; readonly contractBars: number };
  readonly requests: number;
  /** A sentence for everything that could not be had. */
  readonly failures: readonly string[];
  /** What the contract bars are, and are not. */
  readonly reconstruction?: string;
  readonly seconds: number;
}

/** Said wherever contract bars are: they are no chain. */
export const RECONSTRUCTION =
  'TradeStation gives no option chains of the past: quotes, greeks and open interest of every contract at a time are not ' +
  'to be had. Bars of the sampled contracts, made of their own trades, stand in for them; they are marked ' +
  '"reconstructed" and never enter the archive, and no exposure is computed from them.';
