import { access, constants } from 'node:fs/promises';
import { z } from 'zod';
import { collective } from '../collective.js';
import { liveField, liveSchema } from '../live/report.js';
import { textOf } from '../metrics.js';
import { refuse } from '../refuse.js';
import { type RouteRow, route } from '../route.js';

/** What watches the server: a balancer asks `/ready`, Prometheus reads `/metrics`. */
export const OPERATION_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/ready',
    tag: 'server',
    summary: 'Able to answer: a day is loaded and the archive can be read',
    access: 'public',
    answer: {
      description: 'Send requests here',
      schema: z.object({
        status: z.literal('ready'),
        data_date: z.string(),
        files_loaded: z.int(),
        live: liveSchema.optional(),
      }),
    },
    refusals: { 503: 'Send requests elsewhere: the archive cannot be read, or the server is stopping' },
    handle: async ({ state: { replay, ctx }, reply }) => {
      const { library } = replay.session;
      if (ctx.signal.aborted) return refuse(reply, 503, 'The server is stopping.');
      const readable = await access(replay.options.root, constants.R_OK).then(
        () => true,
        () => false,
      );
      if (!readable) return refuse(reply, 503, 'The archive cannot be read.');
      const live = await liveField(replay, ctx);
      return { status: 'ready', data_date: library.date, files_loaded: library.files, ...live };
    },
  }),
  collective({
    method: 'GET',
    path: '/metrics',
    tag: 'server',
    summary: 'Counters and gauges for Prometheus',
    access: 'public',
    answer: { description: 'Prometheus text format', contentType: 'text/plain' },
    part: ({ state: { metrics } }) => metrics.counts(),
    merge: async (counts, { state: { metrics }, reply }) =>
      reply.type(metrics.registry.contentType).send(await textOf(counts)),
  }),
];
