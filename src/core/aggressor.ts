/** The quote and the trades before a trade; NaN where unknown. */
interface TradeContext {
  readonly bid: number;
  readonly ask: number;
  /** The last price before this one that is another: trades at one price are one for the tick rule. */
  readonly previousPrice: number;
}

/**
 * Who took the initiative in a trade: 1 the buyer, -1 the seller, 0 unknown. Above the midpoint of the quote it was the
 * buyer, below it the seller; at the midpoint, or without a quote, the tick rule decides. Source: Lee and Ready,
 * "Inferring Trade Direction from Intraday Data", Journal of Finance 46 (1991).
 */
export function aggressor(price: number, { bid, ask, previousPrice }: TradeContext): -1 | 0 | 1 {
  if (!(price > 0)) return 0;
  const isQuoted = bid >= 0 && ask > 0 && bid <= ask;
  const middle = (bid + ask) / 2;
  if (isQuoted && price > middle) return 1;
  if (isQuoted && price < middle) return -1;
  if (!(previousPrice > 0) || price === previousPrice) return 0;
  return price > previousPrice ? 1 : -1;
}
