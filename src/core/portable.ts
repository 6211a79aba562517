/**
 * exp and log made only of operations IEEE 754 rounds exactly (+ - * / and bit moves), so their results are the same
 * bits on every platform. Math.exp and Math.log may differ in the last bit between engines and processors.
 */

const bits = new DataView(new ArrayBuffer(8));

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Taylor coefficients of exp, 1/13! down to 1/2!; the remainder at ln(2)/2 is below 2^-57. */
const EXP_TERMS = [
  1 / 6227020800,
  1 / 479001600,
  1 / 39916800,
  1 / 3628800,
  1 / 362880,
  1 / 40320,
  1 / 5040,
  1 / 720,
  1 / 120,
  1 / 24,
  1 / 6,
  1 / 2,
];

/** Coefficients 2/(2k+1) of log((1+s)/(1-s)) beyond the first, highest first; |s| <= 0.1716. */
const LOG_TERMS = [2 / 25, 2 / 23, 2 / 21, 2 / 19, 2 / 17, 2 / 15, 2 / 13, 2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3];

function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** e^x within 2 units in the last place for |x| <= 700; 0 below, Infinity above. The same bits everywhere. */
export function portableExp(x: number): number {
  if (x < -700) return 0;
  if (x > 700) return Number.POSITIVE_INFINITY;
  const turns = Math.round(x / Math.LN2);
  const r = x - turns * LN2_HIGH - turns * LN2_LOW;
  let sum = EXP_TERMS[0] as number;
  for (let i = 1; i < 12; i++) sum = sum * r + (EXP_TERMS[i] as number);
  const value = 1 + (r + r * r * sum);
  const half = turns >> 1;
  return value * powerOfTwo(half) * powerOfTwo(turns - half);
}

/** ln(x) of a normal positive double within 2 units in the last place. The same bits everywhere. */
export function portableLog(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const s2 = s * s;
  let sum = LOG_TERMS[0] as number;
  for (let i = 1; i < 12; i++) sum = sum * s2 + (LOG_TERMS[i] as number);
  return exponent * LN2_HIGH + (2 * s + (s * s2 * sum + exponent * LN2_LOW));
}
