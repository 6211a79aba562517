/** exp and ln for hot loops: small enough for the compiler to inline, where Math.exp and Math.log stay calls. */

const STEPS = 32;
const STEPS_PER_LOG = 46.16624130844683;
/** ln 2 / 32 in two parts; the first has 37 bits, so its product with any step number here is exact. */
const LOG_STEP_HIGH = 0.021660849392446835;
const LOG_STEP_LOW = 5.145609244655338e-14;
const LOWEST_POWER = -1022;

/** 2^(k/32) for k = 0..31, correctly rounded, and 2^k for k = -1022..1023. */
const fractions = Float64Array.of(
  1.0,
  1.0218971486541166,
  1.0442737824274138,
  1.0671404006768237,
  1.0905077326652577,
  1.1143867425958924,
  1.1387886347566916,
  1.1637248587775775,
  1.189207115002721,
  1.215247359980469,
  1.241857812073484,
  1.2690509571917332,
  1.2968395546510096,
  1.3252366431597413,
  1.3542555469368927,
  1.383909881963832,
  Math.SQRT2,
  1.4451808069770467,
  1.4768261459394993,
  1.5091644275934228,
  1.5422108254079407,
  1.5759808451078865,
  1.6104903319492543,
  1.645755478153965,
  1.681792830507429,
  1.718619298122478,
  1.7562521603732995,
  1.7947090750031072,
  1.8340080864093424,
  1.8741676341103,
  1.9152065613971474,
  1.9571441241754002,
);
const powers = Float64Array.from({ length: 2046 }, (_, k) => 2 ** (k + LOWEST_POWER));

/** exp(x) for |x| <= 700 (not checked), within 2 ulp: nearest power of 2^(1/32), then a polynomial of degree 6. */
export function expWithin(x: number): number {
  const k = Math.floor(x * STEPS_PER_LOG + 0.5);
  const r = x - k * LOG_STEP_HIGH - k * LOG_STEP_LOW;
  const r2 = r * r;
  const series =
    r +
    r2 *
      (0.5 +
        r * 0.16666666666513108 +
        r2 * (0.04166666666636808 + r * 0.008333368243548227 + r2 * 0.001388893979960749));
  const fraction = fractions[k & (STEPS - 1)] as number;
  return (powers[(k >> 5) - LOWEST_POWER] as number) * (fraction + fraction * series);
}

/** ln(a / b) of positive finite numbers, relative to 3 ulp also next to a = b. */
export function logRatio(a: number, b: number): number {
  const f = (a - b) / (a + b);
  // Ratios between 0.71 and 1.41 by 2 atanh f, a polynomial of degree 6 in f^2 after the first term.
  if (!(f < 0.172 && f > -0.172)) return Math.log(a / b);
  const w = f * f;
  const w2 = w * w;
  const series =
    0.666666666666667 +
    w * 0.39999999999895897 +
    w2 *
      (0.285714286275782 +
        w * 0.2222221087757738 +
        w2 * (0.18182907600673598 + w * 0.15331114936521012 + w2 * 0.14623868765045056));
  return 2 * f + f * w * series;
}

/** a b - fl(a b) exactly (Dekker's product), for |a|, |b| below 1e150 and products above 1e-290. */
export function productError(a: number, b: number): number {
  const wideA = 134217729 * a;
  const highA = wideA - (wideA - a);
  const lowA = a - highA;
  const wideB = 134217729 * b;
  const highB = wideB - (wideB - b);
  const lowB = b - highB;
  return lowA * lowB - (a * b - highA * highB - lowA * highB - highA * lowB);
}

/** 2^k for whole k from -1022 to 1023. */
export function powerOfTwo(k: number): number {
  return powers[k - LOWEST_POWER] as number;
}
