import { z } from 'zod';
import { GexError } from '../../errors.js';
import type { SimulatedClock } from './clock.js';
import { type FaultBoard, parseFaults } from './faults.js';
import { type Answer, refusal } from './refusal.js';
import type { RequestLog } from './request-log.js';

/** What the control API works on. */
interface Controlled {
  readonly clock: SimulatedClock;
  readonly faults: FaultBoard;
  readonly log: RequestLog;
  readonly streams: () => readonly object[];
  /** Moves time on in steps, streams emitting after each. */
  readonly advance: (ms: number, stepMs?: number) => Promise<void>;
}

const DAY_MS = 86_400_000;
const clockChange = z
  .strictObject({
    set: z
      .union([z.iso.datetime({ offset: true }), z.number()])
      .optional()
      .describe('Market instant'),
    speed: z.number().positive().max(100_000).optional().describe('Runs on at this speed'),
    pause: z.literal(true).optional().describe('The market stands, connections live on'),
    manual: z.literal(true).optional().describe('Time passes by advance only'),
    advance: z
      .number()
      .min(0)
      .max(40 * DAY_MS)
      .optional()
      .describe('Milliseconds'),
    step: z.number().min(1).max(DAY_MS).optional().describe('Milliseconds between two looks of open streams'),
  })
  .refine((change) => Object.keys(change).length > 0, 'say what to change: set, speed, pause, manual or advance');

/** Answers under /__ctl/: clock, faults, log, streams. They need no token and meet no faults. */
export async function controlAnswer(on: Controlled, method: string, path: string, body: string): Promise<Answer> {
  const action = ACTIONS[`${method} ${path}`];
  if (action) return { status: 200, body: await action(on, body) };
  if (Object.keys(ACTIONS).some((row) => row.endsWith(` ${path}`)))
    throw refusal(405, `${method} is not allowed here.`);
  throw refusal(404, `No control at ${path}; there are ${Object.keys(ACTIONS).join(', ')}.`);
}

const ACTIONS: Readonly<Record<string, (on: Controlled, body: string) => unknown>> = {
  'GET /__ctl/clock': ({ clock }) => clockState(clock),
  'POST /__ctl/clock': changeClock,
  'GET /__ctl/faults': ({ faults }) => ({ faults: faults.state }),
  'POST /__ctl/faults': ({ faults, clock }, body) => {
    faults.set(readFaults(body), clock.serviceMs);
    return { faults: faults.state };
  },
  'DELETE /__ctl/faults': ({ faults, clock }) => {
    faults.set([], clock.serviceMs);
    return { faults: [] };
  },
  'GET /__ctl/log': ({ log }) => ({ requests: log.entries }),
  'DELETE /__ctl/log': ({ log }) => {
    log.clear();
    return { requests: [] };
  },
  'GET /__ctl/streams': ({ streams }) => ({ streams: streams() }),
};

function clockState(clock: SimulatedClock) {
  const { mode, speed, nowMs } = clock.state;
  return { mode, speed, now: new Date(nowMs).toISOString(), nowMs, serviceMs: clock.serviceMs };
}

async function changeClock({ clock, advance }: Controlled, body: string) {
  const parsed = clockChange.safeParse(readJson(body));
  if (!parsed.success) throw refusal(400, z.prettifyError(parsed.error));
  const { set, speed, pause, manual, advance: ms, step } = parsed.data;
  if (speed !== undefined) clock.run(speed);
  if (pause) clock.hold('paused');
  if (manual) clock.hold('manual');
  if (set !== undefined) {
    const atMs = typeof set === 'number' ? set : Date.parse(set);
    if (!isKnown(atMs)) throw refusal(400, 'The clock knows the years 1991 to 2049.');
    clock.set(atMs);
  }
  await advance(ms ?? 0, step);
  return clockState(clock);
}

const isKnown = (ms: number): boolean => ms >= Date.UTC(1991, 0) && ms < Date.UTC(2050, 0);

function readFaults(body: string) {
  try {
    return parseFaults(readJson(body), 'the body');
  } catch (error) {
    if (error instanceof GexError) throw refusal(400, [error.message, ...error.details].join(' '));
    throw error;
  }
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw refusal(400, 'The body is not JSON.');
  }
}
