import { expect } from 'vitest';
import type { LedgerRow } from '../../../src/stores/sql/ledger.js';
import { inEachDialect } from '../../helpers/dialects.js';

const held = (date: string, ticker: string, category = 'gex_full'): LedgerRow => ({
  ...{ date, ticker, package: 'classic', category, state: 'held', source: 'download' },
  ...{ rows: 23_375, firstMs: 1_764_945_002_000, lastMs: 1_764_968_400_000, gaps: 1, widestGapMs: 130_000 },
  ...{ bytes: 145_000_000, sha256: 'ab'.repeat(32), fetchedMs: 1_764_980_000_000, attempts: 2 },
});
const missing = (date: string): LedgerRow => ({
  ...{ date, ticker: 'SPX', package: 'orderflow', category: 'orderflow' },
  ...{ state: 'missing', source: 'download', attempts: 1, lastError: 'answered 404' },
});

inEachDialect((onStore) => {
  onStore('rows come back as they were, what is unknown absent', async ({ ledger }) => {
    const rows = [held('2025-12-05', 'SPX'), missing('2025-12-05')];
    await ledger.put(rows);
    expect(await ledger.list({})).toEqual(rows);
    expect(await ledger.get(rows[0] as LedgerRow)).toEqual(rows[0]);
    expect(await ledger.get({ ...(rows[0] as LedgerRow), ticker: 'SPY' })).toBeUndefined();
  });

  onStore('a row replaces the one before it, also what it does not know', async ({ ledger }) => {
    await ledger.put([held('2025-12-05', 'SPX')]);
    const { date, ticker, package: packageName, category } = held('2025-12-05', 'SPX');
    const failed: LedgerRow = {
      ...{ date, ticker, package: packageName, category },
      ...{ state: 'failed', source: 'download', attempts: 4, lastError: 'cut' },
    };
    await ledger.put([failed]);
    expect(await ledger.list({})).toEqual([failed]);
  });

  onStore('a list is of dates and tickers, in order', async ({ ledger }) => {
    await ledger.put([
      ...[held('2025-12-08', 'SPX'), held('2025-12-05', 'SPY'), held('2025-12-05', 'SPX', 'gex_zero')],
      ...[held('2025-12-05', 'SPX'), held('2025-12-04', 'SPX')],
    ]);
    const names = async (query: Parameters<typeof ledger.list>[0]) =>
      (await ledger.list(query)).map(({ date, ticker, category }) => `${date} ${ticker} ${category}`);
    expect(await names({ from: '2025-12-05', to: '2025-12-05' })).toEqual([
      ...['2025-12-05 SPX gex_full', '2025-12-05 SPX gex_zero', '2025-12-05 SPY gex_full'],
    ]);
    expect(await names({ tickers: ['SPY'] })).toEqual(['2025-12-05 SPY gex_full']);
    expect(await names({ tickers: [] })).toEqual([]);
  });

  onStore('rows are forgotten by key', async ({ ledger }) => {
    await ledger.put([held('2025-12-05', 'SPX'), held('2025-12-05', 'SPY')]);
    await ledger.remove([held('2025-12-05', 'SPX'), held('2025-12-09', 'SPX')]);
    expect((await ledger.list({})).map(({ ticker }) => ticker)).toEqual(['SPY']);
  });
});
