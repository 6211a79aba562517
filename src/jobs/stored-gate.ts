import type { Gate } from '../io/gate.js';
import type { GateTable } from '../stores/sql/gates.js';

interface Pace {
  /** Between two requests in the long run, milliseconds. */
  readonly intervalMs: number;
  /** Requests that may go out at once after a rest. */
  readonly burst: number;
}

/** The gate of all workers of all processes that share a store; `name` tells whose requests are counted together. */
export function storedGate(table: GateTable, name: string, pace: Pace): Gate {
  let heldUntilMs = Number.NEGATIVE_INFINITY;
  return {
    async take({ clock, signal }) {
      for (;;) {
        signal.throwIfAborted();
        const heldBefore = heldUntilMs;
        const waitMs = await table.reserve(name, { ...pace, nowMs: clock.now() });
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        // A hold that began during the wait: this slot is void, take one behind the hold.
        if (heldUntilMs <= heldBefore || clock.now() >= heldUntilMs) return;
      }
    },
    async hold(untilMs) {
      heldUntilMs = Math.max(heldUntilMs, untilMs);
      await table.hold(name, untilMs);
    },
  };
}
