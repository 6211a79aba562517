/** The quote and the trades before a trade; NaN where unknown. */
interface TradeContext {
  readonly bid: number;
  readonly ask: number;
  /** The last trade price that differs from the one before it, for trades at the midpoint: its price. */
  readonly previousPrice: number;
  /** Side of that last trade, for prices that do not move. */
  readonly previousSide: -1 | 0 | 1;
}

/**
 * Who took the initiative in a trade: 1 the buyer, -1 the seller, 0 unknown. Above the midpoint of the quote it was the
 * buyer, below it the seller; at the midpoint, or without a quote, the tick rule decides. Source: Lee and Ready,
 * "Inferring Trade Direction from Intraday Data", Journal of Finance 46 (1991).
 */
export function aggressor(price: number, { bid, ask, previousPrice, previousSide }: TradeContext): -1 | 0 | 1 {
  if (!(price > 0)) return 0;
  const isQuoted = bid >= 0 && ask > 0 && bid <= ask;
  const middle = (bid + ask) / 2;
  if (isQuoted && price > middle) return 1;
  if (isQuoted && price < middle) return -1;
  if (!(previousPrice > 0)) return 0;
  if (price === previousPrice) return previousSide;
  return price > previousPrice ? 1 : -1;
}
