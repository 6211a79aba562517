import { portableLog } from './portable.js';

/** An endless seeded sequence: the same draws in the same order on every platform. */
export interface RandomStream {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform in the open interval (0, 1), 52 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/** Largest seed a run picks for itself: nine digits are easy to type again. */
export const MAX_PICKED_SEED = 999_999_999;

/**
 * The random stream of a seed and a path of names. Streams of different names are independent, so drawing more from
 * one never changes another, and the order in which streams are made is irrelevant.
 * Generator: xoshiro128** (Blackman, Vigna 2018), its state hashed from seed and names.
 */
export function randomStream(seed: number, ...names: readonly string[]): RandomStream {
  const key = `${seed}/${names.join('/')}`;
  let a = hashWord(key, 1);
  let b = hashWord(key, 2);
  let c = hashWord(key, 3);
  let d = hashWord(key, 4) | 1;

  const uint32 = (): number => {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return scrambled;
  };
  const uniform = (): number => {
    const high = uint32() >>> 6;
    return (high * 67108864 + (uint32() >>> 6) + 0.5) / 4503599627370496;
  };
  return { uint32, uniform, normal: () => inverseNormal(uniform()) };
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** 32-bit hash of a text, a different function per lane (MurmurHash3's rounds and finaliser, Appleby 2011). */
function hashWord(text: string, lane: number): number {
  let hash = Math.imul(lane, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) {
    const word = Math.imul(rotate(Math.imul(text.charCodeAt(i), 0xcc9e2d51), 15), 0x1b873593);
    hash = Math.imul(rotate(hash ^ word, 13), 5) + 0xe6546b64;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const CENTRE = ratio(
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852546, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
);
const MIDDLE = ratio(
  [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
);
const TAIL = ratio(
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
);

function ratio(numerator: readonly number[], denominator: readonly number[]): (x: number) => number {
  return (x) => {
    let above = 0;
    let below = 0;
    for (let i = 0; i < 8; i++) {
      above = above * x + (numerator[i] as number);
      below = below * x + (denominator[i] as number);
    }
    return above / below;
  };
}

/** Quantile of the standard normal for p in (0, 1), relative error about 1e-16 (AS 241 PPND16, Wichura 1988). */
export function inverseNormal(p: number): number {
  const centred = p - 0.5;
  if (Math.abs(centred) <= 0.425) return centred * CENTRE(0.180625 - centred * centred);
  const depth = Math.sqrt(-portableLog(centred < 0 ? p : 1 - p));
  const size = depth <= 5 ? MIDDLE(depth - 1.6) : TAIL(depth - 5);
  return centred < 0 ? -size : size;
}
