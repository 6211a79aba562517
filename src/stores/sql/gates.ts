import { type RawBuilder, sql } from 'kysely';
import type { Connection } from './connection.js';

/** The pace of a gate. */
export interface GatePace {
  /** Between two slots in the long run, milliseconds. */
  readonly intervalMs: number;
  /** Slots that may be taken at once after a rest; 1 or more. */
  readonly burst: number;
  readonly nowMs: number;
}

/** Paces that every process with this store keeps together. */
export interface GateTable {
  /** Takes the next slot of the gate; resolves to the milliseconds until it comes. Atomic between processes. */
  reserve(name: string, pace: GatePace): Promise<number>;
  /** Lets nobody through before an instant, epoch ms; only ever moves it later. Slots taken before stand. */
  hold(name: string, untilMs: number): Promise<void>;
}

/** Nobody waits longer than this, whatever is stored: a clock that was set back must not lock everybody out. */
const FURTHEST_MS = 15 * 60_000;

type Term = RawBuilder<number>;
// "double precision" is the one name of a 64-bit float that both dialects know.
const value = (number: number): Term => sql<number>`cast(${number} as double precision)`;
const larger = (a: Term, b: Term): Term => sql<number>`case when ${a} > ${b} then ${a} else ${b} end`;
const smaller = (a: Term, b: Term): Term => sql<number>`case when ${a} < ${b} then ${a} else ${b} end`;

/**
 * Gates by the generic cell rate algorithm (ITU-T I.371): `next_ms` is when the bucket would be empty. After a hold slots
 * follow each other at the pace, without a burst.
 */
export function gateTable({ db, run }: Connection): GateTable {
  const [next, held] = [sql<number>`gates.next_ms`, sql<number>`gates.hold_ms`];
  return {
    reserve: async (name, { intervalMs, burst, nowMs }) => {
      const slackMs = (burst - 1) * intervalMs;
      const [now, slack, interval] = [value(nowMs), value(slackMs), value(intervalMs)];
      const empty = smaller(larger(next, sql<number>`${held} + ${slack}`), value(nowMs + FURTHEST_MS));
      const slot = larger(now, sql<number>`(${empty}) - ${slack}`);
      const { slot_ms } = await run(() =>
        db
          .insertInto('gates')
          .values({ name, next_ms: nowMs + intervalMs, hold_ms: 0, slot_ms: nowMs })
          .onConflict((conflict) =>
            conflict.column('name').doUpdateSet({
              slot_ms: slot,
              next_ms: sql<number>`(${larger(slot, empty)}) + ${interval}`,
            }),
          )
          .returning('slot_ms')
          .executeTakeFirstOrThrow(),
      );
      return Math.max(0, Number(slot_ms) - nowMs);
    },
    hold: async (name, untilMs) => {
      await run(() =>
        db
          .insertInto('gates')
          .values({ name, next_ms: 0, hold_ms: untilMs, slot_ms: 0 })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ hold_ms: larger(held, value(untilMs)) }))
          .execute(),
      );
    },
  };
}
