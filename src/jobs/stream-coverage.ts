import type { Gap } from '../stores/archive/gaps.js';

/** Keeps account of a session's ticks: each has a record or lies in one gap. */
export interface Coverage {
  /** The gaps so far. */
  readonly gaps: number;
  /** The instant up to which everything is accounted for or lies in the gap that is open. */
  readonly reachedMs: number;
  /** The tick at `atMs` has a record: a gap that was open ends there. */
  recorded(atMs: number): Promise<void>;
  /** There is no record from where the account ends up to, exclusive, `toMs`. */
  missed(toMs: number, reasons: readonly string[]): void;
  /** The gap that is open ends where the account does. */
  end(): Promise<void>;
}

/** An account that begins at `fromMs`; `write` gets every gap when it ends. */
export function createCoverage(
  { fromMs, intervalMs }: { readonly fromMs: number; readonly intervalMs: number },
  write: (gap: Gap) => Promise<void>,
): Coverage {
  let gaps = 0;
  let reachedMs = fromMs;
  let open: { readonly fromMs: number; readonly reasons: Set<string> } | undefined;

  const end = async (): Promise<void> => {
    if (!open) return;
    const gap = { fromMs: open.fromMs, toMs: reachedMs, reason: [...open.reasons].join('; ') };
    open = undefined;
    gaps += 1;
    await write(gap);
  };
  return {
    get gaps() {
      return gaps;
    },
    get reachedMs() {
      return reachedMs;
    },
    recorded: async (atMs) => {
      await end();
      reachedMs = atMs + intervalMs;
    },
    missed: (toMs, reasons) => {
      if (toMs <= reachedMs) return;
      open ??= { fromMs: reachedMs, reasons: new Set() };
      for (const reason of reasons) open.reasons.add(reason);
      reachedMs = toMs;
    },
    end,
  };
}
