import type { Clock } from '../../io/ctx.js';
import type { LoadedStream } from '../library.js';
import type { Soon } from '../positions.js';

/** What a live server shows of each stream: the newest record whose time has come, the same to every API key. */
export class LiveView {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The index of that record after a look at the file, -1 while there is none. Throws `storage`. */
  reached({ records, growing }: LoadedStream): Soon<number> {
    growing?.refresh();
    const nowMs = this.#clock.now();
    // A record without a timestamp is of now, as far as anybody knows.
    if (growing !== undefined && !(growing.lastMs > nowMs)) return records.length - 1;
    return records.indexAt(Math.floor(nowMs) + 1).then((next) => next - 1);
  }
}
