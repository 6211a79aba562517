import { z } from 'zod';
import { collective, firstOf } from '../collective.js';
import { type Faults, faultPlan } from '../faults.js';
import type { RouteRow } from '../route.js';

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
  collective({
    method: 'GET',
    path: '/faults',
    tag: 'playback',
    summary: 'The faults being injected',
    access: 'admin',
    answer: { description: 'The plan, and how often it has struck', schema: state },
    part: ({ state: { replay } }) => replay.faults.state,
    merge: together,
  }),
  collective({
    method: 'POST',
    path: '/faults',
    tag: 'playback',
    summary: 'Inject faults from now on; an empty list ends them',
    access: 'admin',
    body: faultPlan,
    answer: { description: 'The new plan', schema: state },
    part: ({ body, state: { replay } }) => {
      replay.faults.set(body);
      return replay.faults.state;
    },
    merge: (states, { state: { ctx } }) => {
      const merged = together(states);
      ctx.log.info('faults set', { active: merged.active, faults: merged.faults.length });
      return merged;
    },
  }),
];

/** One plan for all processes; how often it has struck in all of them. */
function together(states: readonly Faults['state'][]): Faults['state'] {
  const injected: Record<string, number> = {};
  for (const one of states) {
    for (const [name, count] of Object.entries(one.injected)) injected[name] = (injected[name] ?? 0) + count;
  }
  return { ...firstOf(states), injected };
}
