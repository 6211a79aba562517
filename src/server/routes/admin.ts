import { z } from 'zod';
import { GexError } from '../../errors.js';
import { maskKey } from '../auth.js';
import { collective } from '../collective.js';
import { liveField, liveSchema } from '../live/report.js';
import type { Reloaded } from '../peers.js';
import { refuse } from '../refuse.js';
import { playbackOf } from '../replay.js';
import { type RouteRow, route, type ServerState } from '../route.js';
import * as schemas from '../schemas.js';

const instant = z.string().describe('RFC 3339');
const files = z.int().describe('Record files loaded');

/** State of the server and the two things that change it. */
export const ADMIN_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/health',
    tag: 'server',
    summary: 'Alive, and what is being replayed',
    access: 'public',
    answer: {
      description: 'Status and modes',
      schema: z.object({
        status: z.literal('ok'),
        data_date: z.string(),
        data_mode: z.string(),
        cache_mode: z.string(),
        playback: z.enum(['request', 'clock', 'live']),
        endpoint_cache_mode: z.string(),
        faults: z.object({ active: z.boolean(), seed: z.int(), count: z.int().describe('Rows of /faults') }),
        files_loaded: files,
        live: liveSchema.optional(),
        workers: z.int().optional().describe('Processes that serve, where there are several'),
      }),
    },
    handle: async ({ state: { replay, peers, ctx } }) => ({
      status: 'ok',
      data_date: replay.session.library.date,
      data_mode: replay.options.mode,
      cache_mode: replay.options.cacheMode,
      playback: playbackOf(replay.session),
      endpoint_cache_mode: replay.options.endpointCacheMode,
      faults: {
        active: replay.faults.active,
        seed: replay.faults.state.seed,
        count: replay.faults.state.faults.length,
      },
      files_loaded: replay.session.library.files,
      ...(await liveField(replay, ctx)),
      ...(peers !== undefined && { workers: peers.count }),
    }),
  }),
  route({
    method: 'GET',
    path: '/current-date',
    tag: 'server',
    summary: 'The market day being replayed',
    access: 'public',
    answer: {
      description: 'Date and time of loading',
      schema: z.object({
        current_date: z.string().describe('YYYY-MM-DD, or FIRST..LAST'),
        dates: z.array(z.string()).describe('The days loaded'),
        missing_dates: z.array(z.string()).describe('Sessions in between that the archive does not hold'),
        loaded_at: instant,
        files_loaded: files,
      }),
    },
    handle: ({ state: { replay } }) => {
      const { library, loadedAtMs } = replay.session;
      return {
        current_date: library.date,
        dates: library.days.held,
        missing_dates: library.days.missing,
        loaded_at: new Date(loadedAtMs).toISOString(),
        files_loaded: library.files,
      };
    },
  }),
  collective({
    method: 'POST',
    path: '/reset-cache',
    tag: 'server',
    summary: 'Start over, for one API key or for all',
    access: 'admin',
    replayOnly: true,
    query: z.object({ key: z.string().min(1).optional().describe('API key; absent: every key') }),
    answer: {
      description: 'How many positions went back to the first record',
      schema: z.object({ status: z.literal('success'), message: z.string(), count: z.int() }),
    },
    keyOf: ({ query: { key } }) => key,
    part: ({ query: { key }, state: { replay } }) => replay.session.playback.reset(key),
    merge: (counts, { query: { key }, state: { ctx } }) => {
      const count = counts.reduce((sum, one) => sum + one, 0);
      const message =
        key === undefined ? 'All cache positions reset to index 0' : `Cache positions reset for key: ${maskKey(key)}`;
      ctx.log.info(message, { count });
      return { status: 'success', message, count };
    },
  }),
  route({
    method: 'POST',
    path: '/reload-date',
    tag: 'server',
    summary: 'Replay another market day from its start',
    access: 'admin',
    replayOnly: true,
    body: z.object({ date: schemas.dateOrRange }),
    answer: {
      description: 'The new day is being served and every position is back at its first record',
      schema: z.object({
        status: z.literal('success'),
        previous_date: z.string(),
        new_date: z.string(),
        loaded_at: instant,
        files_loaded: files,
      }),
    },
    refusals: { 409: 'Another reload is under way' },
    handle: async ({ body: { date }, state, reply }) => {
      const reloaded = await reload(state, date).catch((error: unknown) => {
        const unknownDate = error instanceof GexError && error.kind === 'missing';
        throw unknownDate ? new GexError('usage', `date not found: ${date}`, { cause: error }) : error;
      });
      if (reloaded === undefined) return refuse(reply, 409, 'reload already in progress');
      return {
        status: 'success',
        previous_date: reloaded.previousDate,
        new_date: reloaded.date,
        loaded_at: new Date(reloaded.loadedAtMs).toISOString(),
        files_loaded: reloaded.files,
      };
    },
  }),
];

async function reload({ replay, peers }: ServerState, date: string): Promise<Reloaded | undefined> {
  if (peers !== undefined) return peers.reload(date);
  const swap = await replay.reload(date);
  if (swap === undefined) return undefined;
  const { library, loadedAtMs } = swap.current;
  return { previousDate: swap.previous.library.date, date: library.date, loadedAtMs, files: library.files };
}
