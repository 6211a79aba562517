import { GexError } from '../../errors.js';
import { type RouteRow, route } from '../route.js';

/** Where a key stands, told as it changes. */
export const SYNC_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/sync/stream',
    tag: 'playback',
    summary: 'The positions of this key as server-sent events: one snapshot, then batches',
    access: 'key',
    answer: { description: 'Events "snapshot" and "batch" until either side leaves', contentType: 'text/event-stream' },
    refusals: { 404: 'Not turned on' },
    packsItself: true,
    handle: ({ state: { sync, ctx }, apiKey, reply }) => {
      if (sync === undefined) {
        throw new GexError('missing', 'Sync is off here: serve with SYNC_BROADCAST_SYSTEM_ENABLED=true.');
      }
      reply.hijack();
      reply.raw.writeHead(200, {
        'access-control-allow-origin': '*',
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
      sync.run(apiKey, reply.raw).catch((error: unknown) => ctx.log.error('a sync stream failed', { error }));
      return reply;
    },
  }),
];
