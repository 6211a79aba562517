/** What a book knows of a contract's trades in a session, in the order in which a state lists it; NaN is unknown. */
export const STATE_COLUMNS = [
  'volume',
  'netBought',
  'unsided',
  'openInterest',
  'last',
  'previousPrice',

  'volumeBefore',
] as const;

/** The columns of a book that a state keeps: quotes are not among them, nobody stands by those of before. */
export type StateColumns = Readonly<Record<(typeof STATE_COLUMNS)[number], Float64Array>>;

/** What a book knows of a session's trades: another book can go on from it. */
export interface BookState {
  /** When the session began for the book, epoch ms; -Infinity when it began to listen later than that. */
  readonly beganMs: number;
  /** By symbol, in the order of STATE_COLUMNS. */
  readonly contracts: ReadonlyMap<string, readonly number[]>;
}

/** A row of the columns as a state has it. */
export function rowState(columns: StateColumns, row: number): readonly number[] {
  return STATE_COLUMNS.map((name) => columns[name][row] as number);
}

/** Puts what a state has of a contract into a row. */
export function restoreRow(columns: StateColumns, row: number, state: readonly number[]): void {
  for (const [i, name] of STATE_COLUMNS.entries()) columns[name][row] = state[i] as number;
}
