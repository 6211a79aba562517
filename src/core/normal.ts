/** The standard normal distribution through its Mills ratio R(z) = N(-z) / n(z), which keeps both tails relative. */

export const SQRT_TWO_PI = 2.5066282746310007;
export const INV_SQRT_TWO_PI = 0.3989422804014327;

/**
 * Mills ratio for z >= 0 (not checked, z must be finite), within 8 roundings.
 * R(z) (z + 4.5) as a polynomial of degree 24 in t = (z - 4.5) / (z + 4.5): one smooth piece over [0, infinity) and one
 * division. Chebyshev fit at 50 digits (neglected terms below 2e-17), in powers of t, summed in four interleaved parts.
 */
export function millsTail(z: number): number {
  const w = 1 / (z + 4.5);
  const t = (z - 4.5) * w;
  const u = t * t;
  const v = u * u;
  return (
    w *
    (1.9131352239782862 +
      v *
        (0.27919476586449943 +
          v *
            (-0.002300449406542663 +
              v *
                (-3.5686459891778214e-5 +
                  v * (-9.61266759717233e-7 + v * (-3.5554665743335785e-8 + v * -4.667845887893746e-10))))) +
      u *
        (1.1190905025319455 +
          v *
            (0.010587028725654708 +
              v *
                (0.00028084994938006345 +
                  v * (5.377587637560456e-6 + v * (1.8805942591256064e-7 + v * 5.417690627712938e-9))))) +
      t *
        (-1.6048882049011262 +
          v *
            (-0.08490282389410506 +
              v *
                (1.599528939338186e-5 +
                  v * (7.998688074858116e-6 + v * (1.6053275103821915e-7 + v * -7.460702913734561e-10)))) +
          u *
            (-0.6345323932481048 +
              v *
                (0.004383668136013047 +
                  v *
                    (-3.993893182964579e-5 +
                      v * (-1.2581961162013746e-6 + v * (-1.1934565233388321e-8 + v * 2.4580958532929963e-10)))))))
  );
}

/**
 * -R'(z) = 1 - z R(z) for z >= 0, relative to 16 roundings also where that difference has lost all its digits: times (z + 4.5)^2 a
 * polynomial of degree 26 in the same t as `millsTail`.
 */
function millsSlope(z: number): number {
  const w = 1 / (z + 4.5);
  const t = (z - 4.5) * w;
  const u = t * t;
  const v = u * u;
  return (
    w *
    w *
    (3.5180234288794123 +
      v *
        (1.8204879487963028 +
          v *
            (-0.020848001608079602 +
              v *
                (-0.0005678925050230242 +
                  v * (-1.9015689171954913e-5 + v * (-6.98544195262814e-7 + v * -1.2694278224294748e-8))))) +
      u *
        (5.260868687340087 +
          v *
            (0.043423524062736585 +
              v *
                (0.0035286738130097333 +
                  v *
                    (9.950195742318904e-5 +
                      v * (3.7446994029316457e-6 + v * (1.1073745007103075e-7 + v * 7.549232939138528e-10)))))) +
      t *
        (-5.447957414866145 +
          v *
            (-0.5729391157258681 +
              v *
                (-0.0026485477740887005 +
                  v *
                    (3.6671230806768434e-5 +
                      v * (-5.899671698727315e-7 + v * (-2.0462904979681318e-7 + v * -4.637250258506564e-9))))) +
          u *
            (-3.6549086364502283 +
              v *
                (0.05347294046604519 +
                  v *
                    (-5.102301830607229e-5 +
                      v * (-4.692496630930369e-6 + v * (5.737239794476528e-7 + v * 4.414390534157438e-8)))))))
  );
}

/** 1 / ((2k + 2) (2k + 3)): from one odd factorial to the next. */
const PER_ORDER = Float64Array.from({ length: 8 }, (_, k) => 1 / ((2 * k + 2) * (2 * k + 3)));

/** True where `millsDrop` is the better way to the difference of two tails. */
export function millsDropFits(h: number, t: number): boolean {
  return t < 0.25 && h * t < 1;
}

/**
 * R(h - t) - R(h + t) for h, t >= 0 where `millsDropFits`, without the cancellation: the odd terms of the Taylor series
 * around h, with derivatives from R^(n+1) = h R^(n) + n R^(n-1).
 */
export function millsDrop(h: number, t: number): number {
  let even = millsTail(h);
  let odd = -millsSlope(h);
  let weight = t;
  let sum = weight * odd;
  const w = t * t;
  // Terms beyond are below 2^-54 of the first for every h.
  const terms = t < 0.02 ? 4 : t < 0.08 ? 6 : 8;
  for (let k = 0; k < terms; k++) {
    const n = 2 * k + 1;
    even = h * odd + n * even;
    odd = h * even + (n + 1) * odd;
    weight *= w * (PER_ORDER[k] as number);
    sum += weight * odd;
  }
  return -2 * sum;
}
