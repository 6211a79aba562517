/** What the daemon knows about itself. What is not known is absent, never 0. Times are epoch ms UTC. */
export interface DaemonStatus {
  readonly startedMs: number;
  /** A run is under way. */
  readonly running: boolean;
  readonly lastRun?: {
    readonly startedMs: number;
    readonly finishedMs?: number;
    /** `done`, `partial`, `failed`, ...: the words of the run history. */
    readonly status: string;
    /** Sessions `YYYY-MM-DD`. */
    readonly dates: readonly string[];
  };
  /** End of the last run that left nothing open. */
  readonly lastSuccessMs?: number;
  readonly nextRunMs?: number;
  /** Runs in the history by status. */
  readonly runs?: Readonly<Record<string, number>>;
  /** Expected files that are not held and can still be had. */
  readonly holes?: number;
  /** Days until the vendor drops the oldest hole; absent without holes. */
  readonly daysLeftMin?: number;
}

/** The status as the JSON of `/health`, schema `gex-daemon-health/1`: times in ISO 8601, unknown is null. */
export function healthDocument(status: DaemonStatus): Readonly<Record<string, unknown>> {
  const { lastRun, holes, daysLeftMin } = status;
  return {
    schema: 'gex-daemon-health/1',
    status: 'ok',
    started: isoTime(status.startedMs),
    running: status.running,
    last_run: lastRun
      ? {
          started: isoTime(lastRun.startedMs),
          finished: isoTime(lastRun.finishedMs),
          status: lastRun.status,
          dates: lastRun.dates,
        }
      : null,
    last_success: isoTime(status.lastSuccessMs),
    next_run: isoTime(status.nextRunMs),
    holes: holes ?? null,
    days_left_min: daysLeftMin ?? null,
  };
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
