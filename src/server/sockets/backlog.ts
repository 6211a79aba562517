import type { GroupMessage } from './message.js';

/** What a reliable connection keeps until the client acknowledges it (contract section 5.9). */
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 16 * 1024 * 1024;

export interface Kept {
  readonly sequenceId: number;
  readonly message: GroupMessage;
  readonly bytes: number;
}

/** Messages sent on a reliable connection and not yet acknowledged, oldest first. Sequence ids start at 1. */
export class Backlog {
  #kept: Kept[] = [];
  #bytes = 0;
  #lastId = 0;

  /** The sequence id of the next message. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** False when the client owes too many acknowledgements. */
  keep(kept: Kept): boolean {
    this.#kept.push(kept);
    this.#bytes += kept.bytes;
    return this.#kept.length <= MAX_MESSAGES && this.#bytes <= MAX_BYTES;
  }

  /** Forgets every message up to this id; ids never sent change nothing. */
  acknowledge(sequenceId: number): void {
    if (sequenceId > this.#lastId) return;
    let done = 0;
    for (const { sequenceId: id, bytes } of this.#kept) {
      if (id > sequenceId) break;
      this.#bytes -= bytes;
      done += 1;
    }
    if (done > 0) this.#kept = this.#kept.slice(done);
  }

  get messages(): readonly Kept[] {
    return this.#kept;
  }
}
