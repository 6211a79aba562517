/** A growing buffer of JSON text; `clear` starts over in the same memory. */
export interface JsonText {
  /** ASCII text as it is. */
  text(ascii: string): void;
  /** A number rounded half away from zero at 0 to 3 decimals, without trailing zeros, never -0; NaN is written as 0. */
  decimal(value: number, places: 0 | 1 | 2 | 3): void;
  /** The text so far: a view that the next write or `clear` makes stale. */
  bytes(): Uint8Array;
  readonly length: number;
  clear(): void;
}

const POWERS = [1, 10, 100, 1000] as const;
const ZERO = 48;
/** Room one number of the fast form can take, with some to spare. */
const LONGEST_NUMBER = 32;

/** An empty text that starts with room for `size` bytes. */
export function jsonText(size = 16_384): JsonText {
  let buffer = new Uint8Array(size);
  let at = 0;

  const reserve = (more: number): void => {
    if (at + more <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, at + more));
    larger.set(buffer);
    buffer = larger;
  };
  const text = (ascii: string): void => {
    reserve(ascii.length);
    for (let i = 0; i < ascii.length; i++) buffer[at++] = ascii.charCodeAt(i);
  };
  const digits = (whole: number): void => {
    let end = at + digitCount(whole);
    at = end;
    let rest = whole;
    do {
      const tenth = (rest / 10) | 0;
      buffer[--end] = ZERO + (rest - tenth * 10);
      rest = tenth;
    } while (rest > 0);
  };
  const decimal = (value: number, places: 0 | 1 | 2 | 3): void => {
    reserve(LONGEST_NUMBER);
    const scaled = roundedScale(Math.abs(value), places);
    if (!(scaled > 0)) {
      buffer[at++] = ZERO;
      return;
    }
    if (scaled > 0x7fffffff) {
      text(plainNumber(value, places));
      return;
    }
    if (value < 0) buffer[at++] = 45;
    const power = POWERS[places];
    const whole = (scaled / power) | 0;
    let fraction = scaled - whole * power;
    digits(whole);
    if (fraction === 0) return;
    buffer[at++] = 46;
    for (let unit = power / 10; fraction > 0; unit /= 10) {
      const digit = (fraction / unit) | 0;
      buffer[at++] = ZERO + digit;
      fraction -= digit * unit;
    }
  };
  return {
    text,
    decimal,
    bytes: () => buffer.subarray(0, at),
    get length() {
      return at;
    },
    clear: () => {
      at = 0;
    },
  };
}

/** `size` >= 0 in units of the last place, rounded half up by its exact binary value; NaN stays NaN. */
function roundedScale(size: number, places: 0 | 1 | 2 | 3): number {
  const scaled = size * POWERS[places];
  const whole = Math.floor(scaled);
  const fraction = scaled - whole;
  // The product carries half a unit of its last place of error: near a half only the exact digits can tell.
  if (Math.abs(fraction - 0.5) <= scaled * 2.3e-16) return Math.round(Number(size.toFixed(places)) * POWERS[places]);
  return fraction < 0.5 ? whole : whole + 1;
}

/** The same rules for values beyond 31 bits of scaled size. */
function plainNumber(value: number, places: 0 | 1 | 2 | 3): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(places))) : '0';
}

function digitCount(whole: number): number {
  if (whole < 10) return 1;
  if (whole < 100) return 2;
  if (whole < 1000) return 3;
  if (whole < 10_000) return 4;
  if (whole < 100_000) return 5;
  if (whole < 1_000_000) return 6;
  if (whole < 10_000_000) return 7;
  if (whole < 100_000_000) return 8;
  return whole < 1_000_000_000 ? 9 : 10;
}

/** `value` rounded as the wire writes it: what a reader of the record gets back. */
export function onWire(value: number, places: 0 | 1 | 2 | 3): number {
  const scaled = roundedScale(Math.abs(value), places) / POWERS[places];
  return scaled > 0 ? (value < 0 ? -scaled : scaled) : 0;
}
