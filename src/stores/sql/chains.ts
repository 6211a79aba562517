import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { ChainSource, PricingModel } from '../../core/model.js';
import { type Connection, upsertSql } from './connection.js';
import { orNaN, orNull } from './schema.js';

/** A stored option chain: what is asked for in columns, the whole of it as a document. NaN is unknown. */
export interface StoredChain {
  readonly underlying: string;
  readonly asOfMs: number;
  /** Where the chain first came from. */
  readonly source: ChainSource;
  readonly spot: number;
  readonly rate: number;
  readonly dividendYield: number;
  readonly model: PricingModel;
  /** Count of contracts. */
  readonly contracts: number;
  /** The chain as gex-chain/1 JSON; rests compressed. */
  readonly document: string;
}

export interface ChainTable {
  /** A chain of the same underlying, instant and source is replaced. */
  insert(chain: StoredChain): Promise<void>;
  /** The newest chain of an underlying, as of `beforeMs` or earlier when given; undefined when there is none. */
  latest(underlying: string, beforeMs?: number): Promise<StoredChain | undefined>;
}

const KEY = ['underlying', 'as_of_ms', 'source_kind', 'source_name'] as const;
const COLUMNS = [...KEY, 'spot', 'rate', 'dividend_yield', 'model', 'contracts', 'document_gzip'] as const;

const compress = promisify(gzip);
const expand = promisify(gunzip);

export function chainTable({ db, run, write }: Connection): ChainTable {
  const sql = upsertSql(db, 'chain_snapshots', COLUMNS, KEY);
  return {
    insert: async (chain) => {
      const { kind, name } = chain.source;
      const document = await compress(chain.document, { level: 1 });
      const numbers = [chain.spot, orNull(chain.rate), orNull(chain.dividendYield)];
      const row = [chain.underlying, chain.asOfMs, kind, name, ...numbers, chain.model, chain.contracts, document];
      await write([{ sql, rows: [row] }]);
    },
    latest: async (underlying, beforeMs = Number.MAX_SAFE_INTEGER) => {
      const row = await run(() =>
        db
          .selectFrom('chain_snapshots')
          .selectAll()
          .where('underlying', '=', underlying)
          .where('as_of_ms', '<=', beforeMs)
          .orderBy('as_of_ms', 'desc')
          .orderBy('id', 'desc')
          .limit(1)
          .executeTakeFirst(),
      );
      if (!row) return undefined;
      return {
        underlying,
        asOfMs: Number(row.as_of_ms),
        source: { kind: row.source_kind as ChainSource['kind'], name: row.source_name },
        spot: row.spot,
        rate: orNaN(row.rate),
        dividendYield: orNaN(row.dividend_yield),
        model: row.model as PricingModel,
        contracts: Number(row.contracts),
        document: (await expand(row.document_gzip)).toString(),
      };
    },
  };
}
