import { GexError } from '../errors.js';
import { checkSize } from './pubsub.js';

/** Checked reading of one JSON object from the other end of a line; everything that does not fit is kind data. */
export type Fields = Readonly<Record<string, unknown>>;

/** Deeper nesting than any client has use for. */
const MAX_DEPTH = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON object of a text frame of at most `maxBytes`. */
export function fieldsOf(frame: Uint8Array, maxBytes: number): Fields {
  checkSize(frame, maxBytes);
  checkDepth(frame);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(frame));
  } catch (cause) {
    throw new GexError('data', `websocket frame: ${frame.length} bytes are not JSON text`, { cause });
  }
  if (!isObject(value)) throw fault(`expected a JSON object, found ${shown(value)}`);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Throws where brackets nest too deep to be parsed and walked without care. */
function checkDepth(json: Uint8Array): void {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i] as number;
    if (isString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isString = false;
    } else if (byte === QUOTE) isString = true;
    // `[` and `{`, `]` and `}` differ in one bit.
    else if ((byte | 0x20) === 0x7b) {
      if (++depth > MAX_DEPTH) throw fault(`nests deeper than ${MAX_DEPTH} levels`);
    } else if ((byte | 0x20) === 0x7d) depth--;
  }
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The bytes of padded base64 in the standard alphabet. */
export function base64(data: string): Uint8Array {
  if (data.length % 4 !== 0 || !BASE64.test(data)) throw fault('data is not padded base64');
  return Buffer.from(data, 'base64');
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw fault(`${name} must be a string, found ${shown(value)}`);
  return value;
}

export function optionalText(fields: Fields, name: string): string | undefined {
  return isGiven(fields[name]) ? text(fields, name) : undefined;
}

export function integer(fields: Fields, name: string): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw fault(`${name} must be a whole number from 0 to 2^53 - 1, found ${shown(value)}`);
  }
  return value as number;
}

/** An error of kind data about a frame. */
export function fault(problem: string): GexError {
  return new GexError('data', `websocket frame: ${problem}`);
}

/** A value as an error names it, cut short. */
export function shown(value: unknown): string {
  const all = JSON.stringify(value) ?? 'nothing';
  return all.length > 40 ? `${all.slice(0, 40)}...` : all;
}
