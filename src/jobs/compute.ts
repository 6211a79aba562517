import { newYorkDate } from '../core/calendar.js';
import { type Book, priceBook } from '../core/chainvol.js';
import type { ConventionOptions } from '../core/convention.js';
import { type ExposureProfile, exposureProfileOf } from '../core/exposure.js';
import type { ChainSnapshot } from '../core/model.js';
import { PRICED } from '../core/quotes.js';
import { selectExpiries } from '../core/selection.js';
import { underlyingOf } from '../core/settlement.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { type ChainPorts, type ChainRequest, resolveChain } from './chain-source.js';

export interface ComputeOptions extends ChainRequest {
  readonly expiry: 'all' | '0dte' | readonly string[];
  readonly convention: ConventionOptions;
  /** The caller named the ticker: a chain of another underlying is worth a warning. */
  readonly isTickerStated: boolean;
}

export interface ComputeReport {
  /** The whole chain, and the profile of the expiries asked for. */
  readonly chain: ChainSnapshot;
  readonly profile: ExposureProfile;
  /** How long ago the chain was taken; NaN when the caller stated the time. */
  readonly ageMs: number;
}

/**
 * Finds the chain, selects expiries and computes exposures and levels. Throws `missing` for expiries that are not listed,
 * `data` where nothing could be computed: all expired, no weights, no usable quote.
 */
export async function compute(options: ComputeOptions, ports: ChainPorts, ctx: Ctx): Promise<ComputeReport> {
  const { chain, ageMs } = await resolveChain(options, ports, ctx);
  ctx.signal.throwIfAborted();
  const selected = select(chain, options.expiry);
  const book = priceBook(selected, options.convention);
  requireLife(book);
  requireWeights(book);
  const profile = exposureProfileOf(book);
  requirePrices(book, profile);
  const warnings = [
    ...profile.warnings,
    ...tickerWarnings(options, chain),
    ...sideWarnings(selected),
    ...weightWarnings(book),
    ...pastWarnings(book),
    ...coverageWarnings(profile),
  ];
  return { chain, profile: { ...profile, warnings }, ageMs };
}

function select(chain: ChainSnapshot, expiry: ComputeOptions['expiry']): ChainSnapshot {
  if (expiry === 'all') return chain;
  const wanted = expiry === '0dte' ? [newYorkDate(chain.asOfMs)] : expiry;
  const listed = [...new Set(chain.contracts.expiries.map(({ label }) => label))].sort();
  const unknown = wanted.filter((date) => !listed.includes(date));
  if (unknown.length > 0) {
    const asked =
      expiry === '0dte' ? `that expires on ${unknown[0]}, the day of the chain` : `of ${unknown.join(', ')}`;
    throw new GexError('missing', `${chain.source.name}: no contract ${asked}; its expiries are ${summary(listed)}`);
  }
  return selectExpiries(chain, ({ label }) => wanted.includes(label));
}

const MOST_LISTED = 60;

function summary(labels: readonly string[]): string {
  if (labels.length <= MOST_LISTED) return labels.join(', ');
  return `${labels.slice(0, MOST_LISTED).join(', ')} and ${labels.length - MOST_LISTED} more`;
}

function requireLife({ chain, convention, years }: Book): void {
  if (convention.greeks === 'chain' || years.some((time) => !(time <= 0))) return;
  const { expiries, length } = chain.contracts;
  const last = expiries.reduce((a, b) => (b.expiryMs > a.expiryMs ? b : a));
  const settled = Number.isNaN(last.expiryMs) ? last.label : clock(last.expiryMs);
  throw new GexError(
    'data',
    `${chain.source.name}: all ${length} contracts have expired: the last settled at ${settled}, the chain is of ` +
      `${clock(chain.asOfMs)}; give an earlier moment with --as-of`,
  );
}

const clock = (ms: number): string => (Number.isNaN(ms) ? 'an unknown time' : new Date(ms).toISOString());

function requireWeights({ chain, convention }: Book): void {
  const isHeld = (column: Float64Array | undefined): boolean => column?.some((value) => Math.abs(value) > 0) ?? false;
  const { name } = chain.source;
  if (convention.sign === 'per-contract') {
    if (isHeld(chain.dealerPosition)) return;
    throw new GexError(
      'data',
      `${name}: no contract has a dealer position ("dealerPosition"), which --sign per-contract needs`,
    );
  }
  const [weight, other] =
    convention.weight === 'volume' ? (['volume', 'open interest'] as const) : (['open interest', 'volume'] as const);
  const columns = { volume: chain.volume, 'open interest': chain.openInterest };
  if (isHeld(columns[weight])) return;
  const advice = isHeld(columns[other]) ? `; --weight ${other.replace(' ', '-')} computes by ${other}` : '';
  throw new GexError('data', `${name}: no contract has any ${weight}, so there is no exposure to compute${advice}`);
}

function requirePrices({ chain, convention }: Book, { coverage }: ExposureProfile): void {
  if (coverage.priced > 0) return;
  const reasons = Object.entries(coverage.excluded).map(([reason, count]) => `${reason} ${count}`);
  const hasIv = convention.iv === 'solve' && chain.iv.some((iv) => iv > 0);
  const advice = hasIv ? '; --iv chain takes the volatilities the chain states' : '';
  throw new GexError(
    'data',
    `${chain.source.name}: none of ${coverage.contracts} contracts can be priced (${reasons.join(', ')})${advice}`,
  );
}

function sideWarnings({ contracts }: ChainSnapshot): string[] {
  const [calls, puts] = [contracts.side.includes(1), contracts.side.includes(-1)];
  if (calls && puts) return [];
  const [listed, lacking] = calls ? ['calls', 'puts'] : ['puts', 'calls'];
  return [
    `the chain lists ${listed} only: its net figures are those of its ${listed}, what the ${lacking} hold is unknown`,
  ];
}

function weightWarnings({ chain, convention }: Book): string[] {
  const weights = convention.weight === 'volume' ? chain.volume : chain.openInterest;
  const unknown = weights.filter(Number.isNaN).length;
  if (unknown === 0 || convention.sign === 'per-contract') return [];
  const weight = convention.weight === 'volume' ? 'volume' : 'open interest';
  return [`the ${weight} of ${unknown} of ${chain.contracts.length} contracts is unknown: they add nothing`];
}

/** The chain's own greeks count whatever the clock says. */
function pastWarnings({ chain, convention, years, exclusion }: Book): string[] {
  const warnings: string[] = [];
  const expired = years.filter((time) => time <= 0).length;
  if (convention.greeks === 'chain' && expired > 0) {
    warnings.push(
      `${expired} of ${years.length} expiries are past; the chain's own greeks of them are counted as they are`,
    );
  }
  if (convention.greeks === 'chain') {
    const without = exclusion.filter((code) => code !== PRICED).length;
    const source = convention.iv === 'chain' ? "the chain's volatilities" : 'solved volatilities';
    warnings.push(
      `zero gamma and the profile re-price gamma from ${source}: ${chain.contracts.length - without} of ${chain.contracts.length} contracts have one`,
    );
  }
  return warnings;
}

function tickerWarnings({ ticker, isTickerStated }: ComputeOptions, chain: ChainSnapshot): string[] {
  if (!isTickerStated || underlyingOf(ticker.toUpperCase()) === chain.underlying) return [];
  return [`the chain is one of ${chain.underlying}, not of ${ticker}`];
}

const LOW_COVERAGE = 0.5;

function coverageWarnings({ coverage, convention, chain }: ExposureProfile): string[] {
  if (!(coverage.openInterestShare < LOW_COVERAGE)) return [];
  const share = (100 * coverage.openInterestShare).toFixed(1);
  const hasIv = convention.iv === 'solve' && convention.greeks === 'own' && chain.iv.some((iv) => iv > 0);
  const advice = hasIv ? '; --iv chain prices by the volatilities the chain states' : '';
  return [`only ${share} % of the open interest could be priced${advice}`];
}
