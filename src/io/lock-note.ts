import { newOwnerTag } from './owner.js';
import { ownMark, type ProcessMark } from './process-mark.js';

/** What rests in a lock file: who holds it, since when and until when (epoch ms by the owner's clock). */
export interface LockNote extends ProcessMark {
  /** Unique for each time a lock is taken. */
  readonly tag: string;
  readonly sinceMs: number;
  readonly expiresMs: number;
  readonly ttlMs: number;
}

/** A note of this process. */
export function newNote(ttlMs: number, nowMs: number): LockNote {
  return { tag: newOwnerTag(), ...ownMark(), sinceMs: nowMs, expiresMs: nowMs + ttlMs, ttlMs };
}

/** One line of JSON; its length does not change when the lock is renewed. */
export function noteText({ expiresMs, ...rest }: LockNote): string {
  return `${JSON.stringify({ ...rest, expiresMs: String(Math.round(expiresMs)).padStart(15, '0') })}\n`;
}

/** The note of a lock file; undefined when the text is none (a file of another program, or one that is being written). */
export function parseNote(text: string): LockNote | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { tag, pid, host, space, started, sinceMs, expiresMs, ttlMs } = value as Record<string, unknown>;
  if (typeof tag !== 'string' || typeof host !== 'string' || typeof space !== 'string') return undefined;
  const numbers = { pid: Number(pid), sinceMs: Number(sinceMs), expiresMs: Number(expiresMs), ttlMs: Number(ttlMs) };
  if (!Object.values(numbers).every(Number.isFinite)) return undefined;
  return { tag, host, space, ...numbers, ...(typeof started === 'string' ? { started } : {}) };
}
