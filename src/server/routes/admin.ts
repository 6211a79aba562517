import { z } from 'zod';
import { GexError } from '../../errors.js';
import { maskKey } from '../auth.js';
import { liveField, liveSchema } from '../live/report.js';
import { refuse } from '../refuse.js';
import { playbackOf } from '../replay.js';
import { type RouteRow, route } from '../route.js';
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
      }),
    },
    handle: async ({ state: { replay, ctx } }) => ({
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
  route({
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
    handle: async ({ query: { key }, state: { replay, ctx } }) => {
      const count = await replay.session.playback.reset(key);
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
    handle: async ({ body: { date }, state: { replay }, reply }) => {
      const swap = replay.reload(date);
      if (swap === undefined) return refuse(reply, 409, 'reload already in progress');
      const { previous, current } = await swap.catch((error: unknown) => {
        const unknownDate = error instanceof GexError && error.kind === 'missing';
        throw unknownDate ? new GexError('usage', `date not found: ${date}`, { cause: error }) : error;
      });
      return {
        status: 'success',
        previous_date: previous.library.date,
        new_date: current.library.date,
        loaded_at: new Date(current.loadedAtMs).toISOString(),
        files_loaded: current.library.files,
      };
    },
  }),
];
