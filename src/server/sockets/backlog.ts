/** What a reliable connection keeps until the client acknowledges it (contract section 5.9). */
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** What all connections keep together, so that clients which come and vanish cannot fill the memory. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024;

/** The frames that wait for an acknowledgement, each counted once however many connections wait for it. */
export class KeptFrames {
  readonly #holders = new Map<Uint8Array, number>();
  readonly #makeRoom: () => boolean;
  #bytes = 0;

  /** `makeRoom` gives up the connection that is missed least; false when there is none. */
  constructor(makeRoom: () => boolean) {
    this.#makeRoom = makeRoom;
  }

  /** False when there is no room even so; the frame is held all the same. */
  hold(frame: Uint8Array): boolean {
    const holders = this.#holders.get(frame) ?? 0;
    this.#holders.set(frame, holders + 1);
    if (holders === 0) this.#bytes += frame.length;
    while (this.#bytes > MAX_KEPT_BYTES) if (!this.#makeRoom()) return false;
    return true;
  }

  release(frame: Uint8Array): void {
    const holders = this.#holders.get(frame) ?? 0;
    if (holders > 1) this.#holders.set(frame, holders - 1);
    else if (this.#holders.delete(frame)) this.#bytes -= frame.length;
  }
}

interface Kept {
  readonly sequenceId: number;
  readonly frame: Uint8Array;
}

/** Messages sent on a reliable connection and not yet acknowledged, oldest first. Sequence ids start at 1. */
export class Backlog {
  readonly #frames: KeptFrames;
  #kept: Kept[] = [];
  #bytes = 0;
  #lastId = 0;

  constructor(frames: KeptFrames) {
    this.#frames = frames;
  }

  /** The sequence id of the next message. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** False when too much is owed. */
  keep(sequenceId: number, frame: Uint8Array): boolean {
    this.#kept.push({ sequenceId, frame });
    this.#bytes += frame.length;
    return this.#frames.hold(frame) && this.#kept.length <= MAX_MESSAGES && this.#bytes <= MAX_BYTES;
  }

  /** Forgets every message up to this id; ids never sent change nothing. */
  acknowledge(sequenceId: number): void {
    if (sequenceId > this.#lastId) return;
    const waiting = this.#kept.findIndex((kept) => kept.sequenceId > sequenceId);
    this.#forget(waiting === -1 ? this.#kept.length : waiting);
  }

  clear(): void {
    this.#forget(this.#kept.length);
  }

  get frames(): readonly Uint8Array[] {
    return this.#kept.map(({ frame }) => frame);
  }

  #forget(count: number): void {
    for (const { frame } of this.#kept.splice(0, count)) {
      this.#bytes -= frame.length;
      this.#frames.release(frame);
    }
  }
}
