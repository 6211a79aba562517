/** When to connect anew after a stream was lost (contract section 6.8). */

/** Why a stream was lost, as far as it changes the wait. */
export type LossKind =
  | 'broken' // cut, silent, an error of the server
  | 'starved' // alive, without data while there should be some
  | 'early' // accepted, and closed at once: the cap on open streams, or a sick server
  | 'goaway' // the server says it shuts down
  | 'dual-logon'; // the account is used elsewhere

export interface Reconnect {
  /** Milliseconds until the next attempt; counts the loss. `healthyMs`: how long data had been coming. */
  wait(kind: LossKind, healthyMs: number): number;
  /** Losses in a row. */
  readonly failures: number;
  /** Whether somebody should be told: every third loss in a row, and each once it tries only slowly. */
  readonly alarming: boolean;
}

const FIRST_MS = 1000;
const MAX_MS = 60_000;
const EARLY_MIN_MS = 2000;
const DUAL_LOGON_MS = 60_000;
/** A stream that gave data this long was well: the next loss is a first one. */
const HEALTHY_MS = 30_000;
/** After so many losses in a row it goes on, but slowly; it never ends. */
const PATIENT_FAILURES = 20;
const SLOW_MS = 10 * 60_000;
const ALARM_EVERY = 3;

/** `random` in [0, 1): full jitter, so that many clients do not come back together. */
export function createReconnect(random: () => number): Reconnect {
  let failures = 0;
  return {
    get failures() {
      return failures;
    },
    get alarming() {
      return failures >= PATIENT_FAILURES || (failures > 0 && failures % ALARM_EVERY === 0);
    },
    wait(kind, healthyMs) {
      if (kind === 'goaway') return random() * FIRST_MS;
      failures = healthyMs >= HEALTHY_MS ? 1 : failures + 1;
      if (kind === 'dual-logon') return DUAL_LOGON_MS * (1 + random());
      if (failures >= PATIENT_FAILURES) return SLOW_MS;
      const ceiling = Math.min(FIRST_MS * 2 ** (failures - 1), MAX_MS);
      if (kind === 'starved' && failures === 1) return 0;
      return kind === 'early' ? EARLY_MIN_MS + random() * ceiling : random() * ceiling;
    },
  };
}
