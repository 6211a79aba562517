import { GexError } from '../errors.js';
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  CR,
  isBlank,
  isScalar,
  LF,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PAIRS,
  QUOTE,
  SPACE,
  STOP,
  STRING_BYTES,
} from './json-bytes.js';

const BOM = [0xef, 0xbb, 0xbf];
/** Objects in objects; far beyond any record, it bounds what a hostile file takes of memory. */
const MAX_DEPTH = 1_000_000;
/** Shorter pieces are copied faster by a loop than by a call. */
const SHORT_BYTES = 48;

/** What may stand between elements, by place in the array. */
const EXPECTED = {
  start: 'the [ of an array',
  first: 'an object or ]',
  after: 'a comma or ]',
  next: 'an object',
  end: 'nothing after the array',
} as const;

/**
 * Turns the bytes of a JSON array of objects into JSON lines, as they come and without parsing: an element keeps its bytes,
 * but line breaks between its tokens, and the blanks after them, are dropped. Brackets, strings and the bytes of values are
 * checked, the grammar within an element is not. Memory: a chunk, and a number per level of objects. GexError `data` names the byte.
 */
export class ArraySplitter {
  readonly #name: string;
  #place: keyof typeof EXPECTED | 'element' = 'start';
  #rows = 0;
  /** Bytes of the chunks before this one. */
  #offset = 0;
  /** Open arrays of the innermost object, and of those around it. */
  #arrays = 0;
  readonly #outer: number[] = [];
  #isInString = false;
  #isEscaped = false;
  /** Within blanks that follow a line break. */
  #isDropping = false;
  /** The last byte given out. */
  #lastByte = COMMA;
  /** The chunk as pairs of bytes, from its byte `#skew` on. */
  #pairs: Uint16Array = new Uint16Array(0);
  #skew = 0;
  #out: Buffer = Buffer.alloc(0);
  #used = 0;

  /** `name` begins the messages of errors. */
  constructor(name = 'the JSON array') {
    this.#name = name;
  }

  /** Elements that are whole. */
  get rows(): number {
    return this.#rows;
  }

  /** The lines, and parts of lines, that follow from the next bytes of the array; valid until the next push. */
  push(chunk: Buffer): Buffer {
    // Every byte is given out at most once; of the newlines only the first can come before the comma whose place it takes.
    if (this.#out.length <= chunk.length) this.#out = Buffer.allocUnsafeSlow(chunk.length + 1);
    this.#used = 0;
    this.#skew = Math.min(chunk.byteOffset & 1, chunk.length);
    this.#pairs = new Uint16Array(chunk.buffer, chunk.byteOffset + this.#skew, (chunk.length - this.#skew) >> 1);
    for (let at = 0; at < chunk.length; ) {
      at = this.#place === 'element' ? this.#element(chunk, at) : this.#between(chunk, at);
    }
    this.#offset += chunk.length;
    return this.#out.subarray(0, this.#used);
  }

  /** Ends the array. GexError `data` when it is cut. */
  finish(): void {
    if (this.#place === 'end') return;
    const what = this.#offset === 0 ? 'is empty' : `is cut at byte ${this.#offset}, after ${this.#rows} whole records`;
    throw new GexError('data', `${this.#name}: ${what}; fetch it again`);
  }

  /** One byte between elements, or none where an element begins. */
  #between(chunk: Buffer, at: number): number {
    const byte = chunk[at] as number;
    const place = this.#place as keyof typeof EXPECTED;
    if (isBlank(byte) || (place === 'start' && byte === BOM[this.#offset + at])) return at + 1;
    if (byte === OPEN_OBJECT && (place === 'first' || place === 'next')) {
      this.#place = 'element';
      return at;
    }
    if (byte === OPEN_ARRAY && place === 'start') this.#place = 'first';
    else if (byte === COMMA && place === 'after') this.#place = 'next';
    else if (byte === CLOSE_ARRAY && (place === 'first' || place === 'after')) this.#place = 'end';
    else this.#fail(at, byte, EXPECTED[place]);
    return at + 1;
  }

  /** Copies what the chunk holds of the element under way; returns where that ends. */
  #element(chunk: Buffer, from: number): number {
    let start = this.#isDropping ? this.#dropBlanks(chunk, from) : from;
    let at = this.#isInString ? this.#string(chunk, start) : start;
    for (;;) {
      at = this.#toMark(chunk, at);
      const byte = chunk[at];
      if (byte === undefined) break;
      if (byte === LF || byte === CR) {
        this.#copy(chunk, start, at);
        at = this.#dropBlanks(chunk, at);
        start = at;
      } else {
        this.#bracketOrScalar(byte, at++);
        if (this.#place === 'element') continue;
        this.#copy(chunk, start, at);
        this.#out[this.#used++] = LF;
        return at;
      }
    }
    this.#copy(chunk, start, chunk.length);
    return chunk.length;
  }

  /** Over strings, and over bytes that are nothing but scalars, commas, colons, blanks and brackets of arrays. */
  #toMark(chunk: Buffer, from: number): number {
    const { length } = chunk;
    const needsCare = STRING_BYTES;
    for (let at = from; ; ) {
      at = this.#skipSilent(chunk, at);
      if (at >= length || chunk[at] !== QUOTE) return at;
      at++;
      while (at < length && needsCare[chunk[at] as number] === 0) at++;
      at = at < length && chunk[at] === QUOTE ? at + 1 : this.#string(chunk, at);
    }
  }

  /** The same without strings: most of a record of the larger categories. */
  #skipSilent(chunk: Buffer, from: number): number {
    const pairs = this.#pairs;
    const { length } = pairs;
    const balances = PAIRS;
    const isOdd = ((from - this.#skew) & 1) !== 0;
    // A byte without a place in a pair is silent when it would be so twice.
    if (isOdd && from < chunk.length && balances[(chunk[from] as number) * 257] !== 0) return from;
    const at = isOdd ? from + 1 : from;
    let pair = (at - this.#skew) >> 1;
    for (; pair < length; pair++) {
      const balance = balances[pairs[pair] as number] as number;
      if (balance === 0) continue;
      const arrays = this.#arrays + balance;
      if (balance === STOP || arrays < 0) break;
      this.#arrays = arrays;
    }
    return this.#skew + pair * 2;
  }

  #bracketOrScalar(byte: number, at: number): void {
    if (byte === OPEN_OBJECT) this.#open(at);
    else if (byte === CLOSE_OBJECT) this.#close(at);
    else if (byte === OPEN_ARRAY) this.#arrays++;
    else if (byte === CLOSE_ARRAY) {
      if (--this.#arrays < 0) this.#fail(at, byte, '}');
    } else if (PAIRS[byte * 257] !== 0) this.#fail(at, byte, 'a value');
  }

  #open(at: number): void {
    if (this.#outer.length === MAX_DEPTH) this.#refuse(at, `objects are nested more than ${MAX_DEPTH} deep`);
    this.#outer.push(this.#arrays);
    this.#arrays = 0;
  }

  #close(at: number): void {
    if (this.#arrays > 0) this.#fail(at, CLOSE_OBJECT, ']');
    this.#arrays = this.#outer.pop() ?? 0;
    if (this.#outer.length > 0) return;
    this.#rows++;
    this.#place = 'after';
  }

  /** From within a string to behind its end, or to the end of the chunk. */
  #string(chunk: Buffer, from: number): number {
    const { length } = chunk;
    const needsCare = STRING_BYTES;
    let at = this.#isEscaped ? this.#escaped(chunk, from) : from;
    for (;;) {
      while (at < length && needsCare[chunk[at] as number] === 0) at++;
      const byte = chunk[at];
      if (byte === QUOTE || byte === undefined) {
        this.#isInString = byte === undefined;
        return this.#isInString ? length : at + 1;
      }
      if (byte !== BACKSLASH) this.#fail(at, byte, 'the rest of a string');
      at = this.#escaped(chunk, at + 1);
    }
  }

  /** Over the byte after a backslash. */
  #escaped(chunk: Buffer, at: number): number {
    const byte = chunk[at];
    this.#isEscaped = byte === undefined;
    if (byte === undefined) return at;
    if (byte < SPACE) this.#fail(at, byte, 'the rest of a string');
    return at + 1;
  }

  /** From a line break, or from blanks after one, to the next token. */
  #dropBlanks(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && isBlank(chunk[at] as number)) at++;
    this.#isDropping = at === chunk.length;
    const byte = chunk[at];
    // 1 and 2 on two lines must not become 12.
    if (byte !== undefined && isScalar(byte) && isScalar(this.#lastByte)) this.#fail(at, byte, 'a comma or a bracket');
    return at;
  }

  #copy(chunk: Buffer, start: number, end: number): void {
    if (end <= start) return;
    if (end - start > SHORT_BYTES) chunk.copy(this.#out, this.#used, start, end);
    else for (let from = start, to = this.#used; from < end; ) this.#out[to++] = chunk[from++] as number;
    this.#used += end - start;
    this.#lastByte = chunk[end - 1] as number;
  }

  #fail(at: number, byte: number, expected: string): never {
    const isText = byte > SPACE && byte < 127;
    const found = isText ? String.fromCharCode(byte) : `0x${byte.toString(16).padStart(2, '0')}`;
    this.#refuse(at, `found ${found} where ${expected} should be${this.#guess(byte)}`);
  }

  /** What a file most likely is whose first byte is no bracket. */
  #guess(byte: number): string {
    if (this.#place !== 'start') return '';
    if (byte === OPEN_OBJECT) return '; is it JSON lines already?';
    return byte === 0x3c ? '; is it an HTML page?' : '';
  }

  #refuse(at: number, what: string): never {
    throw new GexError('data', `${this.#name}: byte ${this.#offset + at}: ${what}`);
  }
}
