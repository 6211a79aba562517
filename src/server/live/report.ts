import { z } from 'zod';
import type { Ctx } from '../../io/ctx.js';
import type { Library, LoadedStream } from '../library.js';
import type { Replay } from '../replay.js';
import { gapBody, gapsOf } from './gaps.js';

/** What `/health` and `/ready` say of a live server. */
export const liveSchema = z
  .object({
    tickers: z.array(
      z.object({
        ticker: z.string(),
        records: z.int().describe('Of the stream that has most'),
        timestamp: z.number().nullable().describe('Unix seconds of the newest record; null while there is none'),
        age_seconds: z.number().nullable().describe('Since that time, by the clock of the session'),
        landed_at: z.string().nullable().describe('When its files were last written to, RFC 3339'),
        gaps: z.array(gapBody).describe('Spans of the session without records'),
      }),
    ),
  })
  .meta({ id: 'Live' });

type LiveBody = z.infer<typeof liveSchema>;

/** The `live` field of an answer; nothing where a day is replayed. GexError `storage`. */
export async function liveField(replay: Replay, ctx: Ctx): Promise<{ live?: LiveBody }> {
  const { library, live } = replay.session;
  if (live === undefined) return {};
  const nowMs = sessionNow(replay, ctx);
  const tickers = await Promise.all(
    newestOf(library).map(async ({ ticker, records, lastMs, changedMs }) => ({
      ticker,
      records,
      timestamp: Number.isNaN(lastMs) ? null : lastMs / 1000,
      age_seconds: Number.isNaN(lastMs) ? null : (nowMs - lastMs) / 1000,
      landed_at: records === 0 ? null : new Date(changedMs).toISOString(),
      gaps: await gapsOf(replay.options.root, library.date, ticker),
    })),
  );
  return { live: { tickers } };
}

/** Epoch ms by which records are young or old: of the session that is recorded, which may be one of the past. */
export function sessionNow({ options }: Replay, { clock }: Ctx): number {
  return options.sessionNow?.() ?? clock.now();
}

/** How far the files of a ticker are. */
interface Newest {
  readonly ticker: string;
  readonly records: number;
  /** Epoch ms of its newest record; NaN while there is none. */
  readonly lastMs: number;
  readonly changedMs: number;
}

/** How far each ticker of a day is, after a look at its files. GexError `storage`. */
export function newestOf({ tickers, streams }: Library): readonly Newest[] {
  return tickers.map((ticker) => {
    const own = streams
      .filter(({ key }) => key.ticker === ticker)
      .flatMap(({ growing }: LoadedStream) => growing ?? []);
    for (const file of own) file.refresh();
    const times = own.map(({ lastMs }) => lastMs).filter((ms) => !Number.isNaN(ms));
    return {
      ticker,
      records: Math.max(...own.map(({ length }) => length)),
      lastMs: times.length > 0 ? Math.max(...times) : Number.NaN,
      changedMs: Math.max(...own.map(({ changedMs }) => changedMs)),
    };
  });
}
