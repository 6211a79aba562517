import type { Connection } from './connection.js';

/** A convention's fields: unit, sign, weight, clock and so on. */
type ConventionDocument = Readonly<Record<string, unknown>>;

export interface ConventionTable {
  /** The number of a convention, the same for the same fields in any order; made when it is new. */
  idOf(convention: ConventionDocument): Promise<number>;
}

export function conventionTable({ db, run, write }: Connection): ConventionTable {
  const known = new Map<string, Promise<number>>();
  const insert = db
    .insertInto('conventions')
    .values({ document: '' })
    .onConflict((conflict) => conflict.column('document').doNothing())
    .compile().sql;
  const look = async (document: string): Promise<number> => {
    await write([{ sql: insert, rows: [[document]] }]);
    const { id } = await run(() =>
      db.selectFrom('conventions').select('id').where('document', '=', document).executeTakeFirstOrThrow(),
    );
    return Number(id);
  };
  return {
    idOf: async (convention) => {
      const document = JSON.stringify(sorted(convention));
      const found = known.get(document) ?? look(document);
      known.set(document, found);
      return found.catch((error: unknown) => {
        known.delete(document);
        throw error;
      });
    },
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
