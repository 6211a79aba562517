import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import type { JsonObject } from '../../wire/chain-reading.js';
import type { RestOptions } from './rest.js';
import { followStream, type StreamCall } from './stream.js';

/**
 * The first object of a stream, whose connection is then closed. GexError `upstream` when it is lost before, `missing` when
 * nothing comes within the wait, and as `followStream`.
 */
export async function firstMessage(
  options: RestOptions,
  call: Pick<StreamCall, 'path' | 'resource' | 'scope' | 'label'> & { readonly waitMs: number },
  ctx: Ctx,
): Promise<JsonObject> {
  const { label, waitMs } = call;
  const patience = AbortSignal.timeout(waitMs);
  const signal = AbortSignal.any([ctx.signal, patience]);
  const stream = { ...call, expected: () => false, quietMs: Number.POSITIVE_INFINITY };
  const quiet = { ...ctx, signal, log: { ...ctx.log, warn: ctx.log.debug } }; // a loss is thrown here
  try {
    for await (const event of followStream(options, stream, quiet)) {
      if (event.kind === 'data' && event.objects[0]) return event.objects[0];
      if (event.kind === 'symbol-fault') throw new GexError('missing', `TradeStation ${label}: ${event.fault}`);
      if (event.kind === 'lost') throw new GexError('upstream', `TradeStation ${label}: ${event.reason}`);
    }
  } catch (error) {
    if (ctx.signal.aborted || !patience.aborted) throw error;
  }
  throw new GexError('missing', `TradeStation ${label}: nothing came within ${waitMs / 1000} s; is the market open?`);
}
