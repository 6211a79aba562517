import { z } from 'zod';
import { GexError } from '../../errors.js';
import { maskKey } from '../auth.js';
import type { ClockChange, ClockReading, Clocks } from '../clocks.js';
import { collective, firstOf } from '../collective.js';
import { playbackOf, type Session } from '../replay.js';
import type { RouteRow } from '../route.js';
import { nextInstant, seek } from '../seek.js';

/** Keys shown at once, the most recently used ones. */
const MAX_SHOWN_KEYS = 100;

/** Whoever is home to no key changes the shared clock: once. */
const SHARED = '';

const instant = z.string().describe('RFC 3339');

/** A moment of the records as people and as programs write it. */
const moment = z
  .union([z.number().min(0), z.iso.datetime({ offset: true })])
  .describe('Unix seconds, or RFC 3339')
  .meta({ examples: [1777492800] });

const speed = z
  .union([z.number().min(0.1).max(100), z.literal('max')])
  .describe('Times record time, 0.1 to 100, or max');

const clockBody = z
  .object({
    at: instant,
    timestamp: z.number().describe('The same in Unix seconds'),
    speed,
    paused: z.boolean(),
    loop: z.boolean(),
    ended: z.boolean(),
  })
  .meta({ id: 'PlaybackClock' });

const position = z.object({ data_key: z.string(), index: z.int().describe('Served next'), length: z.int() });

const ACTIONS = ['play', 'pause', 'step', 'seek', 'loop', 'once', 'speed'] as const;

const CHANGES: Readonly<Record<(typeof ACTIONS)[number], ClockChange>> = {
  play: { paused: false },
  pause: { paused: true },
  step: { paused: true },
  seek: {},
  loop: { loop: true },
  once: { loop: false },
  speed: {},
};

const apiKey = z.string().min(1).max(256).optional();

/** Time of the replay: what it is and how it is changed. */
export const PLAYBACK_ROUTES: readonly RouteRow[] = [
  collective({
    method: 'GET',
    path: '/playback',
    tag: 'playback',
    summary: 'Positions and clocks',
    access: 'admin',
    query: z.object({ key: apiKey.describe(`API key; absent: the ${MAX_SHOWN_KEYS} most recently used ones`) }),
    answer: {
      description: 'How records are played back, and where each key is',
      schema: z.object({
        playback: z.enum(['request', 'clock', 'live']),
        playback_store: z.enum(['memory', 'sqlite', 'redis']),
        playback_clock: z.enum(['key', 'shared']).nullable(),
        start: instant.nullable(),
        end: instant.nullable(),
        clock: clockBody.nullable().describe('The shared one'),
        keys: z.array(z.object({ key: z.string(), clock: clockBody.nullable(), positions: z.array(position) })),
      }),
    },
    keyOf: ({ query }) => query.key,
    part: async ({ query, state: { replay } }) => {
      const { session, options } = replay;
      const { clocks, playback } = session;
      const keys = query.key === undefined ? [...playback.keys()].slice(-MAX_SHOWN_KEYS) : [query.key];
      const shared = clocks?.owner === 'shared' ? bodyOf(await clocks.read('')) : null;
      return {
        playback: playbackOf(session),
        playback_store: options.store?.kind ?? 'memory',
        playback_clock: clocks?.owner ?? null,
        start: clocks === undefined ? null : text(clocks.timeline.startMs),
        end: clocks === undefined ? null : text(clocks.timeline.endMs),
        clock: shared,
        keys: await Promise.all(keys.map((key) => keyBody(session, key))),
      };
    },
    merge: (answers) => ({ ...firstOf(answers), keys: mixed(answers.map(({ keys }) => keys)) }),
  }),
  collective({
    method: 'POST',
    path: '/playback',
    tag: 'playback',
    summary: 'Play, pause, step, seek, loop, or change the speed of a clock',
    access: 'admin',
    replayOnly: true,
    body: z.object({
      key: apiKey.describe('API key whose clock is meant; absent where one clock is shared'),
      action: z.enum(ACTIONS).describe('step: pause at the next record; once: no loop'),
      speed: speed.optional().describe('With any action; needed by "speed"'),
      at: moment.optional().describe('Needed by "seek"'),
    }),
    answer: {
      description: 'The clock as it is now',
      schema: z.object({ status: z.literal('success'), clock: clockBody }),
    },
    keyOf: ({ body }) => body.key ?? SHARED,
    merge: firstOf,
    part: async ({ body, state: { replay } }) => {
      const { session } = replay;
      const clocks = clocksOf(session);
      if (body.action === 'seek') await seek(session, body.key, millisOf(required(body.at, 'at', 'seek')));
      if (body.action === 'speed') required(body.speed, 'speed', 'speed');
      const change: ClockChange = {
        ...CHANGES[body.action],
        ...(body.speed !== undefined && { speed: body.speed }),
      };
      let reading = await clocks.change(body.key, change);
      if (body.action === 'step') {
        reading = await clocks.change(body.key, { toMs: await nextInstant(session, reading.instantMs) });
      }
      return { status: 'success', clock: bodyOf(reading) };
    },
  }),
  collective({
    method: 'POST',
    path: '/seek-to-timestamp',
    tag: 'playback',
    summary: 'Continue a key at a time of the records',
    access: 'admin',
    replayOnly: true,
    body: z.object({
      timestamp: moment,
      key: apiKey.describe('API key; absent where one clock is shared'),
    }),
    answer: {
      description: 'Where every position of the key went',
      schema: z.object({
        status: z.literal('success'),
        message: z.string(),
        positions_set: z.int(),
        details: z.array(
          z.object({
            data_key: z.string(),
            index: z.int(),
            timestamp: z.number().describe('Unix seconds, 0: at the end'),
          }),
        ),
      }),
    },
    keyOf: ({ body }) => body.key ?? SHARED,
    merge: firstOf,
    part: async ({ body: { timestamp, key }, state: { replay, ctx } }) => {
      const toMs = millisOf(timestamp);
      const details = await seek(replay.session, key, toMs);
      const who = key === undefined ? 'The shared clock' : `Key ${maskKey(key)}`;
      const message = `${who} continues at ${text(toMs)}`;
      ctx.log.info(message, { positions: details.length });
      return {
        status: 'success',
        message,
        positions_set: details.length,
        details: details.map(({ counter, ...place }) => ({ data_key: counter, ...place })),
      };
    },
  }),
];

/** The newest of each process in turn, so that none is crowded out; the most recently used ones last, as in each. */
function mixed<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from({ length }, (_, age) => lists.map((list) => list.at(-1 - age)))
    .flat()
    .filter((item) => item !== undefined)
    .slice(0, MAX_SHOWN_KEYS)
    .reverse();
}

function clocksOf({ clocks }: Session): Clocks {
  if (clocks !== undefined) return clocks;
  throw new GexError(
    'usage',
    'Records follow the requests here: move a key with /seek-to-timestamp, or serve with PLAYBACK=clock.',
  );
}

async function keyBody({ library, playback, clocks }: Session, key: string) {
  const positions = [...(await playback.of(key))].map(([counter, index]) => ({
    data_key: counter,
    index,
    length: library.counters.get(counter)?.records.length ?? 0,
  }));
  return { key: maskKey(key), clock: clocks?.owner === 'key' ? bodyOf(await clocks.read(key)) : null, positions };
}

function bodyOf({ instantMs, ended, state: { speed, paused, loop } }: ClockReading) {
  return { at: text(instantMs), timestamp: instantMs / 1000, speed, paused, loop, ended };
}

function text(ms: number): string {
  return new Date(ms).toISOString();
}

function millisOf(given: number | string): number {
  const ms = typeof given === 'number' ? given * 1000 : Date.parse(given);
  // Beyond this no Date has a text; it is no time of any record either.
  if (Math.abs(ms) <= 8.64e15) return ms;
  throw new GexError('usage', `${given} is not a time: give Unix seconds, or RFC 3339.`);
}

function required<T>(value: T | undefined, name: string, action: string): T {
  if (value !== undefined) return value;
  throw new GexError('usage', `parameter "${name}" in body: needed by action "${action}"`);
}
