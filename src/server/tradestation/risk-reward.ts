import { z } from 'zod';
import type { ApiCall } from './call.js';
import { refusal } from './refusal.js';
import type { OptionName } from './symbols.js';

const request = z.object({
  SpreadPrice: z.number(),
  Legs: z
    .array(
      z.object({ Symbol: z.string(), Quantity: z.int().refine((n) => n !== 0), TradeAction: z.enum(['BUY', 'SELL']) }),
    )
    .min(1)
    .max(8),
});

const MULTIPLIER = 100;

interface Leg {
  readonly option: OptionName;
  /** Signed contracts. */
  readonly quantity: number;
}

/** Greatest gain, greatest loss and break-even prices of a spread at expiry (contract section 5.7). */
export function riskReward({ exchange, body, atMs }: ApiCall) {
  const parsed = request.safeParse(parseJson(body));
  if (!parsed.success)
    throw refusal(400, 'Invalid body: expected SpreadPrice and Legs with Symbol, Quantity and TradeAction.');
  const legs = parsed.data.Legs.map(({ Symbol: symbol, Quantity, TradeAction }): Leg => {
    const found = exchange.find(symbol, atMs);
    if (found?.kind !== 'option') throw refusal(400, `Invalid symbol: ${symbol}`);
    return { option: found.option, quantity: Math.abs(Quantity) * (TradeAction === 'BUY' ? 1 : -1) };
  });
  if (new Set(legs.map(({ option }) => option.date)).size > 1) {
    throw refusal(400, 'All legs must have the same expiration.');
  }
  const profit = (price: number): number => MULTIPLIER * (payoff(legs, price) - parsed.data.SpreadPrice);
  const slope = legs.reduce((sum, { option, quantity }) => sum + (option.right === 'C' ? quantity : 0), 0);
  const kinks = [0, ...legs.map(({ option }) => option.strike)].sort((a, b) => a - b);
  const values = kinks.map(profit);
  return {
    MaxGainIsInfinite: slope > 0,
    AdjustedMaxGain: slope > 0 ? '0' : money(Math.max(...values)),
    MaxLossIsInfinite: slope < 0,
    AdjustedMaxLoss: slope < 0 ? '0' : money(Math.min(...values)),
    BreakevenPoints: breakevens(kinks, values, slope * MULTIPLIER).map(money),
  };
}

function payoff(legs: readonly Leg[], price: number): number {
  return legs.reduce((sum, { option: { right, strike }, quantity }) => {
    return sum + quantity * Math.max(0, right === 'C' ? price - strike : strike - price);
  }, 0);
}

/** Where the profit crosses zero: between two kinks, or beyond the last one at its slope. */
function breakevens(kinks: readonly number[], values: readonly number[], slope: number): number[] {
  const points: number[] = [];
  for (let i = 1; i < kinks.length; i++) {
    const [from, to, a, b] = [kinks[i - 1] as number, kinks[i] as number, values[i - 1] as number, values[i] as number];
    if (a * b < 0) points.push(from + ((to - from) * a) / (a - b));
  }
  const last = values.at(-1) as number;
  if (slope !== 0 && -last / slope > 0) points.push((kinks.at(-1) as number) - last / slope);
  return points;
}

function money(value: number): string {
  return String(Math.round(value * 1e4) / 1e4);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw refusal(400, 'The body is not JSON.');
  }
}
