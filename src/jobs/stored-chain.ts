import { existsSync } from 'node:fs';
import type { ChainSnapshot } from '../core/model.js';
import { openStore } from '../stores/sql/open.js';
import type { ChainReadOptions } from '../wire/chain-reading.js';
import { readChainText } from '../wire/chain-text.js';

/** The newest chain of an underlying in a database, taken at `beforeMs` or earlier; undefined without one, or without the database. */
export async function readStoredChain(
  database: string,
  underlying: string,
  beforeMs: number | undefined,
  options: ChainReadOptions,
): Promise<ChainSnapshot | undefined> {
  if (!existsSync(database)) return undefined;
  const store = await openStore(database);
  try {
    const stored = await store.chains.latest(underlying, beforeMs);
    if (stored === undefined) return undefined;
    const chain = readChainText(stored.document, `the stored chain of ${underlying}`, options);
    const { kind, name } = stored.source;
    return { ...chain, source: { kind: 'store', name: `${database}, first from ${kind} ${name}` } };
  } finally {
    await store.close();
  }
}
