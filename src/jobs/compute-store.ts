import { newYorkDate } from '../core/calendar.js';
import type { ConventionOptions } from '../core/convention.js';
import { GexError } from '../errors.js';
import type { Ctx } from '../io/ctx.js';
import { appendRecord } from '../stores/archive/append.js';
import type { Store } from '../stores/sql/open.js';
import { computeDocument, conventionDocument } from '../wire/compute-document.js';
import { writeGexChain } from '../wire/gex-chain.js';
import { classicLines } from './classic.js';
import type { ComputeReport } from './compute.js';
import { exposureRows } from './exposure-rows.js';

/** What was kept, and what was not and why. */
interface StoredReport {
  /** Archive files that got a record. */
  readonly appended: readonly string[];
  /** One sentence per archive file that already has a record of this time or a later one. */
  readonly skipped: readonly string[];
  readonly strikes: number;
}

/**
 * Keeps a result: the classic records of the whole chain in the archive, the chain, the exposures by strike, the levels
 * and the run in the database. Records of an archive file ascend, so a chain that is not newer is not appended again.
 */
export async function storeResult(
  report: ComputeReport,
  options: { readonly dataDir: string; readonly convention: ConventionOptions; readonly command: unknown },
  store: Store,
  ctx: Ctx,
): Promise<StoredReport> {
  const { chain } = report;
  if (Number.isNaN(chain.asOfMs)) {
    throw new GexError('data', `${chain.source.name}: has no time, and the store is ordered by time; give --as-of`);
  }
  const run = await store.runs.start('compute', ctx.clock.now(), options.command);
  try {
    const archived = await archive(report, options);
    await keep(report, store, run);
    const stored = { ...archived, strikes: report.profile.byStrike.length };
    await store.runs.finish(run, ctx.clock.now(), 'done', stored);
    return stored;
  } catch (error) {
    await store.runs.finish(run, ctx.clock.now(), ctx.signal.aborted ? 'interrupted' : 'failed', {
      error: String(error),
    });
    throw error;
  }
}

async function archive(
  { chain }: ComputeReport,
  { dataDir, convention }: { readonly dataDir: string; readonly convention: ConventionOptions },
): Promise<Omit<StoredReport, 'strikes'>> {
  const appended: string[] = [];
  const skipped: string[] = [];
  const date = newYorkDate(chain.asOfMs);
  for (const { category, bytes } of classicLines(chain, convention)) {
    const key = { date, ticker: chain.underlying, package: 'classic', category } as const;
    try {
      const { path, added } = await appendRecord(dataDir, key, bytes);
      if (added) appended.push(path);
      else skipped.push(`${path} ends with this very record: not appended again`);
    } catch (error) {
      // The one data error of appending: the file has a record of this time or later.
      if (!(error instanceof GexError) || error.kind !== 'data') throw error;
      skipped.push(error.message);
    }
  }
  return { appended, skipped };
}

async function keep({ chain, profile, ageMs }: ComputeReport, store: Store, runId: number): Promise<void> {
  const { convention, exposures, levels } = exposureRows(chain.underlying, profile);
  await store.chains.insert({
    underlying: chain.underlying,
    asOfMs: chain.asOfMs,
    source: chain.source,
    spot: chain.spot,
    rate: chain.rate ?? Number.NaN,
    dividendYield: chain.dividendYield ?? Number.NaN,
    model: chain.model,
    contracts: chain.contracts.length,
    document: writeGexChain(chain),
  });
  const expiries = profile.byExpiry.map((row) => row.expiry.label);
  const isWhole = profile.chain === chain;
  const conventionId = await store.conventions.idOf({
    ...conventionDocument(convention, chain.model),
    expiries: isWhole ? 'all' : expiries,
  });
  await store.exposures.insert([{ ...exposures, conventionId }]);
  const { byStrike: _byStrike, profile: _profile, ...document } = computeDocument(profile, ageMs);
  await store.levels.insert([{ ...levels, conventionId, runId, document }]);
}
