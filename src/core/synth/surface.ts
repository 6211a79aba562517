import { portableExp } from '../portable.js';

/**
 * The implied volatility surface: SSVI (Gatheral, Jacquier 2014, "Arbitrage-free SVI volatility surfaces") with the
 * power law phi(theta) = ETA / sqrt(theta (1 + theta)). By their corollary 4.1 and remark 4.4 a surface with
 * ETA (1 + |RHO|) <= 2 and theta not decreasing in time has no butterfly and no calendar arbitrage.
 */
const RHO = -0.6;
const ETA = 0.9;

/** Speed of reversion per year of the variance the surface expects, and its long run over the realised one. */
const REVERSION = 3;
const PREMIUM = 1.2;

/** Share of a day's variance that the surface spreads over session time; the rest runs by the calendar. */
const SESSION_SHARE = 0.5;

/** Years on the variance clock: half calendar time, half trading time, both in years; never decreasing in expiry. */
export function varianceYears(calendarYears: number, tradingYears: number): number {
  return SESSION_SHARE * tradingYears + (1 - SESSION_SHARE) * calendarYears;
}

/** At-the-money total variance after `years` on the variance clock, from the variance of now to its long run. */
export function atmVariance(varianceNow: number, realisedVariance: number, years: number): number {
  const longRun = PREMIUM * realisedVariance;
  return longRun * years + ((varianceNow - longRun) * (1 - portableExp(-REVERSION * years))) / REVERSION;
}

/** phi of an at-the-money total variance: how fast the smile bends in log moneyness. */
export function smileScale(theta: number): number {
  return ETA / Math.sqrt(theta * (1 + theta));
}

/** Total implied variance at log moneyness k = ln(K / F), given theta and its `smileScale`. */
export function totalVariance(k: number, theta: number, phi: number): number {
  const x = phi * k;
  const y = x + RHO;
  return 0.5 * theta * (1 + RHO * x + Math.sqrt(y * y + (1 - RHO * RHO)));
}
