const MINUTE_MS = 60_000;

/** A column over time: what it was at the newest record at least so many minutes ago. */
export interface ColumnHistory {
  /** One column per lookback as of `atMs`, zeros where there was none; valid until the next `push`. */
  priors(atMs: number): readonly Float64Array[];
  /** The column of the last record, zeros before the first. */
  last(): Float64Array;
  /** Keeps a copy. Times must ascend. */
  push(atMs: number, column: Float64Array): void;
  /** The same history in columns of another length: row i of the old ones is row `to[i]`, rows nothing went to are zeros. */
  moved(length: number, to: ArrayLike<number>): ColumnHistory;
}

interface Entry {
  atMs: number;
  readonly column: Float64Array;
}

/** A history of columns of `length` rows for ascending lookbacks in minutes; memory is bounded by the longest of them. */
export function columnHistory(
  length: number,
  lookbackMinutes: readonly number[],
  entries: Entry[] = [],
): ColumnHistory {
  const none = new Float64Array(length);
  /** Entries before this one are older than any lookback needs; they are used again. */
  let oldest = 0;
  const cursors = lookbackMinutes.map(() => -1);
  const longest = lookbackMinutes.length - 1;
  const found: Float64Array[] = lookbackMinutes.map(() => none);

  const seek = (cursor: number, limitMs: number): number => {
    let at = Math.max(cursor, oldest - 1);
    while (at + 1 < entries.length && (entries[at + 1] as Entry).atMs <= limitMs) at++;
    return at;
  };
  const compact = (): void => {
    const spent = entries.splice(0, oldest);
    for (let i = 0; i < cursors.length; i++) cursors[i] = (cursors[i] as number) - spent.length;
    spare.push(...spent);
    oldest = 0;
  };
  const spare: Entry[] = [];
  return {
    priors(atMs) {
      for (const [i, minutes] of lookbackMinutes.entries()) {
        const at = seek(cursors[i] as number, atMs - minutes * MINUTE_MS);
        cursors[i] = at;
        found[i] = at >= oldest ? (entries[at] as Entry).column : none;
      }
      oldest = Math.max(oldest, cursors[longest] ?? 0);
      return found;
    },
    last: () => entries.at(-1)?.column ?? none,
    push(atMs, column) {
      if (oldest > 64) compact();
      const entry = spare.pop() ?? { atMs, column: new Float64Array(length) };
      entry.atMs = atMs;
      entry.column.set(column);
      entries.push(entry);
    },
    moved(newLength, to) {
      const copies = entries.slice(oldest).map(({ atMs, column }) => {
        const copy = new Float64Array(newLength);
        for (let i = 0; i < length; i++) copy[to[i] as number] = column[i] as number;
        return { atMs, column: copy };
      });
      return columnHistory(newLength, lookbackMinutes, copies);
    },
  };
}
