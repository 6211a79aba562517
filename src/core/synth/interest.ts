import { portableExp, portableLog } from '../portable.js';
import type { RandomStream } from '../random.js';
import type { Listing } from './listing.js';
import type { SynthTicker } from './tickers.js';

/** Where open interest sits, in units of the expiry's standard deviation: calls above the money, puts below. */
const CALL_CENTRE = 0.5;
const PUT_CENTRE = -0.8;
const PUT_SHARE = 1.15;
/** Spread of the log-normal noise from contract to contract. */
const NOISE = 0.7;

/** How much heavier a strike weighs that is a multiple of so many steps. */
const ROUNDNESS = [
  { steps: 20, weight: 4 },
  { steps: 10, weight: 2.5 },
  { steps: 5, weight: 1.6 },
] as const;

/** Open interest of every contract at the open: whole contracts that add up to about the ticker's. */
export function drawOpenInterest(
  ticker: SynthTicker,
  listing: Listing,
  spot: number,
  asOfMs: number,
  random: RandomStream,
): Float64Array {
  const { contracts } = listing;
  const weights = new Float64Array(contracts.length);
  let sum = 0;
  for (let row = 0; row < contracts.length; row++) {
    const expiry = contracts.expiries[contracts.expiry[row] as number];
    if (!expiry) continue;
    const years = Math.max(1 / 365, (expiry.expiryMs - asOfMs) / (365 * 86_400_000));
    const width = ticker.volatility * Math.sqrt(years) * 1.3;
    const strike = contracts.strike[row] as number;
    const call = contracts.side[row] === 1;
    const away = Math.abs(portableLog(strike / spot) / width - (call ? CALL_CENTRE : PUT_CENTRE));
    weights[row] =
      expiryWeight(expiry.label, years) *
      roundness(strike, ticker.strikeStep) *
      portableExp(-away + NOISE * random.normal()) *
      (call ? 1 : PUT_SHARE);
    sum += weights[row] as number;
  }
  return weights.map((weight) => Math.round((weight / sum) * ticker.openInterest));
}

/** How much heavier a strike weighs than its neighbours. */
function roundness(strike: number, step: number): number {
  const steps = Math.round(strike / step);
  return ROUNDNESS.find((row) => steps % row.steps === 0)?.weight ?? 1;
}

/** Monthly expiries gather interest over months, the others over days. */
function expiryWeight(date: string, years: number): number {
  const dayOfMonth = Number(date.slice(8));
  const friday = new Date(`${date}T12:00:00Z`).getUTCDay() === 5;
  if (friday && dayOfMonth >= 15 && dayOfMonth <= 21) return 4 / (1 + 4 * years);
  return friday ? 1.2 : 0.8;
}
