import { z } from 'zod';
import { faultPlan } from '../faults.js';
import { type RouteRow, route } from '../route.js';

const state = z
  .object({
    active: z.boolean(),
    seed: z.int(),
    faults: faultPlan.shape.faults,
    injected: z.record(z.string(), z.int()).describe('How often each fault of the list has struck'),
  })
  .meta({ id: 'FaultState' });

/** Deliberate faults, for testing clients. */
export const FAULT_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/faults',
    tag: 'playback',
    summary: 'The faults being injected',
    access: 'admin',
    answer: { description: 'The plan, and how often it has struck', schema: state },
    handle: ({ state: { replay } }) => replay.faults.state,
  }),
  route({
    method: 'POST',
    path: '/faults',
    tag: 'playback',
    summary: 'Inject faults from now on; an empty list ends them',
    access: 'admin',
    body: faultPlan,
    answer: { description: 'The new plan', schema: state },
    handle: ({ body, state: { replay, ctx } }) => {
      replay.faults.set(body);
      ctx.log.info('faults set', { active: replay.faults.active, faults: body.faults.length });
      return replay.faults.state;
    },
  }),
];
