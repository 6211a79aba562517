/** What a run of the archive did, file by file, in numbers. */
export interface RunCounts {
  readonly total: number;
  readonly success: number;
  readonly skipped: number;
  readonly missing: number;
  readonly failed: number;
}

/** A finished run, as far as a message tells of it. */
export interface RunOutcome {
  /** Sessions, `YYYY-MM-DD`. */
  readonly dates: readonly string[];
  readonly counts: RunCounts;
  readonly durationMs: number;
  /** One sentence when the run as a whole failed. */
  readonly error?: string;
  /** `date/ticker/package/category: what happened`, one per failed file. */
  readonly failures: readonly string[];
  /** The run before of these dates had failed. */
  readonly recovered?: boolean;
}

/** A message to the user, the same for every channel. */
export interface NotifyMessage {
  readonly event: 'success' | 'failure' | 'recovered' | 'test';
  readonly title: string;
  readonly lines: readonly string[];
  readonly dates: readonly string[];
  /** In numbers, for programs. */
  readonly report?: RunCounts & { readonly durationMs: number };
}

const TITLES = { success: 'Download Complete', failure: 'Download Failed', recovered: 'Download Recovered' } as const;

const SHOWN_FAILURES = 3;
const SHOWN_DATES = 10;
/** ntfy turns messages over 4,096 bytes into attachments. */
const LINE_CHARACTERS = 300;

/** The message of a finished run (contract section 4.10): counts and duration, and what failed. */
export function runMessage(run: RunOutcome): NotifyMessage {
  const { counts, durationMs, dates, failures, error } = run;
  const failed = error !== undefined || counts.failed > 0;
  const event = failed ? 'failure' : run.recovered ? 'recovered' : 'success';
  return {
    event,
    title: `${TITLES[event]}: ${dateText(dates)}`,
    lines: [
      ...countLines(counts, failed),
      `Duration: ${durationText(durationMs)}`,
      ...(failed ? failureLines(error ?? `${counts.failed} downloads failed`, failures) : []),
    ],
    dates,
    report: { ...counts, durationMs },
  };
}

/** What `gex notify test` sends. */
export function testMessage(host: string, nowMs: number): NotifyMessage {
  const lines = [`Sent by gex notify test on ${host} at ${new Date(nowMs).toISOString()}.`];
  return { event: 'test', title: 'gex: test message', lines, dates: [] };
}

function countLines({ total, success, skipped, missing, failed }: RunCounts, isFailure: boolean): string[] {
  const head = [`Total: ${total}`, `Success: ${success}`];
  return isFailure
    ? [...head, `Failed: ${failed}`, `Skipped: ${skipped}`]
    : [...head, `Skipped: ${skipped}`, `Not Found: ${missing}`];
}

function failureLines(error: string, failures: readonly string[]): string[] {
  const hidden = failures.length - SHOWN_FAILURES;
  const lines = [`Error: ${error}`, ...failures.slice(0, SHOWN_FAILURES)].map(oneLine);
  return hidden > 0 ? [...lines, `... and ${hidden} more`] : lines;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS - 1)}…` : line;
}

function dateText(dates: readonly string[]): string {
  const hidden = dates.length - SHOWN_DATES;
  return hidden > 0 ? `${dates.slice(0, SHOWN_DATES).join(', ')} and ${hidden} more` : dates.join(', ');
}

/** `45s`, `1m30s`, `2h0m5s`, as Go prints durations. */
function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = [hours > 0 && `${hours}h`, (hours > 0 || minutes > 0) && `${minutes}m`, `${seconds % 60}s`];
  return parts.filter(Boolean).join('');
}
