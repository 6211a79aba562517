import type { LedgerRow, LedgerTable } from '../stores/sql/ledger.js';
import { streamName } from '../wire/catalogue.js';
import { oddRows } from './download-checks.js';
import { median } from './download-estimate.js';
import type { CellOutcome } from './download-report.js';

/** The outcomes with a word on each fetched file whose row count is unlike its siblings'; the ledger keeps the word. */
export async function markSuspicious(outcomes: readonly CellOutcome[], ledger: LedgerTable): Promise<CellOutcome[]> {
  const fetched = outcomes.filter((cell) => cell.state === 'fetched');
  const tickerDays = new Map(fetched.map(({ date, ticker }) => [`${date}/${ticker}`, { date, ticker }]));
  const words = new Map<string, string>();
  for (const { date, ticker } of tickerDays.values()) {
    const rows = (await ledger.list({ from: date, to: date, tickers: [ticker] })).filter((row) => row.state === 'held');
    const typical = typicalRows(rows);
    const isNew = new Set(fetched.map(streamName));
    const odd = rows.flatMap((row) => {
      const word = isNew.has(streamName(row)) && row.rows !== undefined ? oddRows(row.rows, typical) : undefined;
      return word === undefined ? [] : [{ ...row, lastError: both(row.lastError, word) }];
    });
    if (odd.length > 0) await ledger.put(odd);
    for (const row of odd) words.set(streamName(row), row.lastError);
  }
  return outcomes.map((cell) => {
    const suspicious = words.get(streamName(cell));
    return suspicious === undefined ? cell : { ...cell, suspicious };
  });
}

/** The median row count of files. */
export function typicalRows(rows: readonly LedgerRow[]): number {
  return median(rows.flatMap((row) => row.rows ?? [])) ?? 0;
}

function both(first: string | undefined, second: string): string {
  return first === undefined ? second : `${first}; ${second}`;
}
