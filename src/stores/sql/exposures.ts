import type { Connection } from './connection.js';
import { EXPOSURE_COLUMNS, type ExposureColumn, orNaN, orNull } from './schema.js';

/** The columns of exposures by strike: calls and puts apart, in the units of the convention. */
export type ExposureName = CamelCase<ExposureColumn>;

type CamelCase<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<CamelCase<B>>}` : S;

/** Exposures of one ticker at one instant: a value per strike in every column; NaN or an absent column is unknown. */
export interface StrikeExposures {
  readonly ticker: string;
  readonly asOfMs: number;
  readonly conventionId: number;
  readonly strike: Float64Array;
  readonly columns: Readonly<Partial<Record<ExposureName, Float64Array>>>;
}

export interface ExposureTable {
  /** One transaction. What is stored for the same ticker, instant and convention is replaced as a whole. */
  insert(batch: readonly StrikeExposures[]): Promise<void>;
  /** The exposures of one instant, ascending by strike; undefined when there are none. */
  at(ticker: string, asOfMs: number, conventionId: number): Promise<Required<StrikeExposures> | undefined>;
}

const NAMES = EXPOSURE_COLUMNS.map((column) =>
  column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
) as ExposureName[];

export function exposureTable({ db, run, write }: Connection): ExposureTable {
  const insert = db
    .insertInto('exposures')
    .values({
      ticker: '',
      as_of_ms: 0,
      convention_id: 0,
      strike: 0,
      ...Object.fromEntries(EXPOSURE_COLUMNS.map((c) => [c, 0])),
    } as never)
    .compile().sql;
  const remove = db
    .deleteFrom('exposures')
    .where('ticker', '=', '')
    .where('as_of_ms', '=', 0)
    .where('convention_id', '=', 0)
    .compile().sql;
  return {
    insert: (batch) =>
      write([
        { sql: remove, rows: batch.map((one) => [one.ticker, one.asOfMs, one.conventionId]) },
        { sql: insert, rows: rowsOf(batch) },
      ]),
    at: async (ticker, asOfMs, conventionId) => {
      const rows = await run(() =>
        db
          .selectFrom('exposures')
          .selectAll()
          .where('ticker', '=', ticker)
          .where('as_of_ms', '=', asOfMs)
          .where('convention_id', '=', conventionId)
          .orderBy('strike')
          .execute(),
      );
      if (rows.length === 0) return undefined;
      const columns = EXPOSURE_COLUMNS.map((column, i) => [
        NAMES[i],
        Float64Array.from(rows, (row) => orNaN(row[column])),
      ]);
      return {
        ticker,
        asOfMs,
        conventionId,
        strike: Float64Array.from(rows, (row) => row.strike),
        columns: Object.fromEntries(columns) as Record<ExposureName, Float64Array>,
      };
    },
  };
}

/** The same array at every step, filled anew. */
function* rowsOf(batch: readonly StrikeExposures[]): Generator<readonly (string | number | null)[]> {
  const row: (string | number | null)[] = new Array(NAMES.length + 4).fill(null);
  for (const { ticker, asOfMs, conventionId, strike, columns } of batch) {
    const values = NAMES.map((name) => columns[name]);
    row[0] = ticker;
    row[1] = asOfMs;
    row[2] = conventionId;
    for (let i = 0; i < strike.length; i++) {
      row[3] = strike[i] as number;
      for (let c = 0; c < values.length; c++) row[c + 4] = orNull(values[c]?.[i]);
      yield row;
    }
  }
}
