import { GexError } from '../../errors.js';
import { isObject, type JsonObject } from '../../wire/chain-reading.js';

const LF = 10;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN, CLOSE] = [0x7b, 0x7d];
/** An object that goes on longer is no message of a market data stream. */
const MAX_OBJECT_BYTES = 1 << 20;

/**
 * Cuts a stream's bytes into its JSON objects (contract section 6.1). Chunks end anywhere, also within a character; objects
 * end with a newline or right where the next begins; blank lines are nothing; a line that is no JSON is counted and passed
 * over. Bytes, not characters, are scanned: everything that cuts is ASCII.
 */
export class FrameReader {
  /** Lines that were no JSON objects. */
  garbage = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** The objects that end in this chunk. GexError `upstream` when one is longer than any message: connect anew. */
  push(chunk: Buffer): JsonObject[] {
    const objects: JsonObject[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      // JSON has no newline within a string: whatever is open, the line is over.
      if (byte === LF || this.#closes(byte)) {
        this.#end(objects, chunk.subarray(start, at + 1));
        start = at + 1;
      }
    }
    this.#keep(chunk.subarray(start));
    return objects;
  }

  /** What the end of the stream completes. */
  finish(): JsonObject[] {
    const objects: JsonObject[] = [];
    this.#end(objects, Buffer.alloc(0));
    return objects;
  }

  /** Whether the byte is the last one of an object. */
  #closes(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === QUOTE) this.#inString = this.#depth > 0;
    else if (byte === OPEN) this.#depth += 1;
    else if (byte === CLOSE && this.#depth > 0) return --this.#depth === 0;
    return false;
  }

  #end(objects: JsonObject[], last: Buffer): void {
    const text = this.#take(last).toString().trim();
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    if (text === '') return;
    const object = parsed(text);
    if (object) objects.push(object);
    else this.garbage += 1;
  }

  #take(last: Buffer): Buffer {
    if (this.#pendingBytes === 0) return last;
    const bytes = Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes;
  }

  /** The caller's chunk may be written over once it has been pushed. */
  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes > MAX_OBJECT_BYTES) {
      throw new GexError('upstream', `TradeStation: a stream's message is longer than ${MAX_OBJECT_BYTES} bytes`);
    }
    this.#pending.push(Buffer.from(rest));
  }
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
