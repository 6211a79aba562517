import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { tradingDay } from '../../src/core/calendar.js';
import { type Ctx, systemClock } from '../../src/io/ctx.js';
import { streamPath } from '../../src/stores/archive/path.js';
import type { StreamKey } from '../../src/wire/catalogue.js';

export const keyOf = (date: string, category = 'gex_full', ticker = 'SPX'): StreamKey => ({
  ...{ date, ticker, package: 'classic', category },
});

interface RecordTimes {
  /** Instants, epoch ms; default: one a minute from the open to the close. */
  readonly atMs?: readonly number[];
  /** Added after the last line. */
  readonly tail?: string;
}

/** One a minute from the open to the close, both included. */
export function minutesOf(date: string): number[] {
  const { openMs = 0, closeMs = 0 } = tradingDay(date) ?? {};
  return Array.from({ length: (closeMs - openMs) / 60_000 + 1 }, (_, i) => openMs + i * 60_000);
}

/** Writes a tiny record file and gives its path. */
export function writeRecords(
  root: string,
  key: StreamKey,
  { atMs = minutesOf(key.date), tail = '' }: RecordTimes = {},
) {
  const path = streamPath(root, key);
  mkdirSync(dirname(path), { recursive: true });
  const lines = atMs.map((ms) => `${JSON.stringify({ timestamp: ms / 1000, ticker: key.ticker, spot: 1 })}\n`);
  writeFileSync(path, lines.join('') + tail);
  return path;
}

/** A context whose clock stands at an instant. */
export function ctxAt(iso: string, signal: AbortSignal = new AbortController().signal): Ctx {
  const silent = (): void => {};
  return {
    log: { debug: silent, info: silent, warn: silent, error: silent },
    clock: { ...systemClock, now: () => Date.parse(iso) },
    signal,
    progress: { start: () => ({ advance: silent, done: silent }) },
  };
}
