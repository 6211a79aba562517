import type { Ctx } from '../../io/ctx.js';
import type { Gate } from '../../io/gate.js';
import type { RateHeaders } from './answers.js';

/** A quota of TradeStation's: requests that share a budget per key and user (contract section 4.1). */
export interface Resource {
  readonly name: string;
  /** Requests in a period, until headers say otherwise. */
  readonly limit: number;
  readonly periodMs: number;
}

const MINUTE_MS = 60_000;
const resource = (name: string, limit: number, minutes: number): Resource => ({
  name,
  limit,
  periodMs: minutes * MINUTE_MS,
});

/** Documented budgets; for bars and symbols there are none, these are assumed. */
export const RESOURCES = {
  quotes: resource('quotes', 500, 5),
  bars: resource('barcharts', 500, 5),
  symbols: resource('symbols', 500, 5),
  search: resource('search', 500, 5),
  expirations: resource('option-expirations', 90, 1),
  strikes: resource('option-strikes', 90, 1),
  spreadTypes: resource('option-spreadtypes', 90, 1),
  riskReward: resource('option-riskreward', 90, 1),
  quoteStream: resource('quote-change-stream', 500, 5),
  barStream: resource('stream-barcharts', 500, 5),
  chainStream: resource('option-chain-stream', 90, 1),
  optionQuoteStream: resource('option-quote-stream', 90, 1),
  depthStream: resource('marketdepth-stream', 30, 1),
} as const satisfies Record<string, Resource>;

/** Of everything together: production accounts behave as if there were about 1,000 calls in 5 minutes. */
const EVERYTHING: Resource = resource('everything', 900, 5);

/** Part of a budget that may go out at once. */
const BURST_SHARE = 0.5;

/** The pace of a resource: never more than its limit in any window of a period, whether that is fixed or rolls. */
export function paceOf({ limit, periodMs }: Resource): { readonly intervalMs: number; readonly burst: number } {
  const burst = Math.max(1, Math.floor(limit * BURST_SHARE));
  return { intervalMs: periodMs / Math.max(1, limit - burst), burst };
}

/** The gate of a resource, shared by every process that uses the key. */
export type GateOf = (resource: Resource) => Gate;

const MAX_HOLD_MS = 10 * MINUTE_MS;
const HOLD_MARGIN_MS = 500;
const FIRST_BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = MINUTE_MS;

/** Waits until a request of the resource may go out. */
export async function takeTurn(gateOf: GateOf, of: Resource, ctx: Ctx): Promise<void> {
  await gateOf(EVERYTHING).take(ctx);
  await gateOf(of).take(ctx);
}

/** Holds a resource back before its budget is used up: the next to last request waits for the reset. */
export async function heed(gate: Gate, { remaining, resetMs }: RateHeaders, nowMs: number): Promise<void> {
  if (remaining === undefined || remaining > 1 || resetMs === undefined) return;
  await gate.hold(nowMs + Math.min(resetMs, MAX_HOLD_MS));
}

/** After a 429: how long nobody may ask for the resource. `random` is in [0, 1). */
export function quotaWaitMs({ retryAfterMs, resetMs }: RateHeaders, attempt: number, random: number): number {
  const said = retryAfterMs ?? resetMs;
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** attempt, MAX_BACKOFF_MS);
  return said === undefined
    ? backoff * (0.5 + random / 2)
    : Math.min(said, MAX_HOLD_MS) + HOLD_MARGIN_MS * (1 + random);
}
