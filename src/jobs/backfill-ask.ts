import { GexError } from '../errors.js';
import type { OptionExpiration, TradeStationBar } from '../feeds/tradestation/model.js';
import type { Ctx } from '../io/ctx.js';
import type { BarShape } from './backfill-spans.js';

/** The calls of the vendor that a backfill makes. */
export interface BarMarket {
  /** Bars that end after `fromMs` and not after `toMs`, ascending; none where there were no trades. `onRequest` runs after each request. */
  bars(query: BarQuery, ctx: Ctx): Promise<readonly TradeStationBar[]>;
  expirations(symbol: string, ctx: Ctx): Promise<readonly OptionExpiration[]>;
  /** Ascending strikes of one expiration. */
  strikes(symbol: string, date: string, ctx: Ctx): Promise<readonly number[]>;
}

export interface BarQuery extends BarShape {
  readonly symbol: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Asks on, past single failures. */
export interface Asker {
  readonly requests: number;
  /** Calls that were not answered, for whatever reason. */
  readonly missed: number;
  readonly failures: readonly string[];
  /** The answer; undefined after a failure, which is noted. Throws what ends the run: `auth`, `storage`, `missing`, the signal. */
  ask<T>(what: string, call: () => Promise<T>): Promise<T | undefined>;
}

/** Failures in a row after which the vendor is taken to be down. */
const ENOUGH = 5;

/** Kinds that concern one request; any other one, such as a symbol that does not exist, concerns them all. */
const SINGLE = new Set(['upstream', 'data', 'usage']);

/** Counts requests and notes failures; once several in a row were the network's or the vendor's, nothing more is asked. */
export function createAsker(ctx: Ctx): Asker {
  const failures: string[] = [];
  let [requests, inRow, unasked] = [0, 0, 0];
  return {
    get requests() {
      return requests;
    },
    get missed() {
      return failures.length + unasked;
    },
    get failures() {
      const more = unasked === 1 ? '1 more request was' : `${unasked} more requests were`;
      return unasked === 0
        ? failures
        : [...failures, `${more} not made after ${ENOUGH} failures in a row; run it again`];
    },
    async ask(what, call) {
      ctx.signal.throwIfAborted();
      if (inRow >= ENOUGH) {
        unasked += 1;
        return undefined;
      }
      requests += 1;
      try {
        const answer = await call();
        inRow = 0;
        return answer;
      } catch (error) {
        ctx.signal.throwIfAborted();
        if (!(error instanceof GexError) || !SINGLE.has(error.kind)) throw error;
        inRow = error.kind === 'upstream' ? inRow + 1 : 0;
        failures.push(`${what}: ${error.message}`);
        return undefined;
      }
    },
  };
}
