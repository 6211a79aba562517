import type { FastifyReply } from 'fastify';
import type { Ctx } from '../io/ctx.js';
import type { Faults } from './faults.js';
import { refuse } from './refuse.js';

/** Lets a request meet the faults of answers: it waits, is refused (then `next` is not called), or goes on. */
export async function injectFaults(faults: Faults, ctx: Ctx, reply: FastifyReply, next: () => void): Promise<void> {
  const fault = faults.decide('answer');
  if (fault === undefined) return next();
  if (fault.delayMs > 0) await ctx.clock.sleep(fault.delayMs, ctx.signal).catch(() => {});
  if (fault.status === undefined) return next();
  if (fault.retryAfter !== undefined) reply.header('retry-after', fault.retryAfter);
  refuse(reply, fault.status, 'This is an injected fault: see /faults.');
}
