import { createHash } from 'node:crypto';
import type { Ctx } from '../io/ctx.js';
import type { PositionFile } from '../stores/position-file.js';
import type { Keeper, Kept } from './playback.js';

/** A crash loses at most the moves of this long. */
const WRITE_AFTER_MS = 250;

interface Saved extends Kept {
  readonly savedMs: number;
}

interface KeeperOptions {
  readonly file: PositionFile;
  /** What the positions belong to: those of another day mean nothing. */
  readonly scope: string;
  readonly maxKeys: number;
}

/**
 * Writes positions behind the answers, a batch at a time; what waits is one entry per name. A clock stands still from
 * its last use before a restart to its first one after it.
 */
export class FileKeeper implements Keeper {
  readonly #options: KeeperOptions;
  readonly #ctx: Ctx;
  readonly #closing = new AbortController();
  #pending = new Map<string, () => Kept>();
  /** The shared clock runs without being used: it is written with every batch. */
  #shared: (() => Kept) | undefined;
  #waiting = false;
  #failing = false;

  constructor(options: KeeperOptions, ctx: Ctx) {
    this.#options = options;
    this.#ctx = ctx;
  }

  load(name: string): Kept | undefined {
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending();
    const { file, scope } = this.#options;
    const text = file.load(scope, hashOf(name));
    if (text === undefined) return undefined;
    const { positions, clock, savedMs } = JSON.parse(text) as Saved;
    const sleptMs = this.#ctx.clock.now() - savedMs;
    return { positions, ...(clock && { clock: { ...clock, sinceMs: clock.sinceMs + sleptMs } }) };
  }

  changed(name: string, now: () => Kept): void {
    if (name === '') this.#shared = now;
    this.#pending.set(name, now);
    if (!this.#waiting) void this.#writeLater();
  }

  forget(name?: string): void {
    const { file, scope } = this.#options;
    if (name === undefined) {
      this.#pending.clear();
      this.#shared = undefined;
      file.forget(scope);
    } else {
      this.#pending.delete(name);
      file.forget(scope, hashOf(name));
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#write();
  }

  async #writeLater(): Promise<void> {
    this.#waiting = true;
    try {
      await this.#ctx.clock.sleep(WRITE_AFTER_MS, this.#closing.signal);
    } catch {
      return; // closing writes
    }
    this.#waiting = false;
    this.#write();
  }

  #write(): void {
    const pending = this.#pending;
    if (this.#shared !== undefined) pending.set('', this.#shared);
    if (pending.size === 0) return;
    this.#pending = new Map();
    const savedMs = this.#ctx.clock.now();
    const rows = [...pending].map(
      ([name, now]) => [hashOf(name), JSON.stringify({ ...now(), savedMs } satisfies Saved)] as const,
    );
    const { file, scope, maxKeys } = this.#options;
    try {
      file.save(scope, rows, maxKeys + 1);
      this.#failing = false;
    } catch (error) {
      // Serving goes on from memory; the same entries are tried again with the next change.
      for (const [name, now] of pending) if (!this.#pending.has(name)) this.#pending.set(name, now);
      if (!this.#failing) this.#ctx.log.error('positions cannot be written and may be lost at a restart', { error });
      this.#failing = true;
    }
  }
}

/** Keys are not written down. */
export function hashOf(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('base64url');
}
