import { createChainBuilder } from '../../src/core/chain.js';
import type { ChainSnapshot, PricingModel, Right } from '../../src/core/model.js';

export interface ContractRow {
  readonly root?: string;
  readonly right: Right;
  readonly strike: number;
  /** Year fraction, or a date. */
  readonly t?: number;
  readonly expiry?: string;
  readonly openInterest?: number;
  readonly volume?: number;
  readonly iv?: number;
  readonly bid?: number;
  readonly ask?: number;
  readonly delta?: number;
  readonly gamma?: number;
  readonly dealerPosition?: number;
}

interface ChainHeadRow {
  readonly spot: number;
  readonly asOfMs?: number;
  readonly rate?: number;
  readonly dividendYield?: number;
  readonly model?: PricingModel;
}

const COLUMNS = ['bid', 'ask', 'iv', 'openInterest', 'volume', 'delta', 'gamma', 'dealerPosition'] as const;

/** A snapshot from plain rows; what a row leaves out is unknown. */
export function chainOf(head: ChainHeadRow, rows: readonly ContractRow[]): ChainSnapshot {
  const builder = createChainBuilder(rows.length);
  for (const row of rows) {
    const root = row.root ?? 'TEST';
    const term = row.t === undefined ? { date: row.expiry ?? '' } : { years: row.t };
    const index = builder.add('', builder.expiry(root, term), row.right, row.strike);
    if (index < 0) continue;
    for (const name of COLUMNS) builder.columns[name][index] = row[name] ?? Number.NaN;
  }
  const { asOfMs = Number.NaN, spot, model } = head;
  return builder.finish({
    asOfMs,
    spot,
    ...(head.rate === undefined ? {} : { rate: head.rate }),
    ...(head.dividendYield === undefined ? {} : { dividendYield: head.dividendYield }),
    ...(model === undefined ? {} : { model }),
    source: { kind: 'gex-chain', name: 'test chain' },
  });
}
