/** The standard normal distribution through its Mills ratio R(z) = N(-z) / n(z), which keeps both tails relative. */

export const SQRT_TWO_PI = 2.5066282746310007;
export const INV_SQRT_TWO_PI = 0.3989422804014327;

/**
 * Mills ratio for z >= 0 (not checked, z must be finite), within 2 ulp.
 * R(z) (1 + 0.6 z) as a polynomial of degree 24 in t = (z - 5) / (z + 5): one smooth piece over [0, infinity), Chebyshev
 * fit at 60 digits (largest neglected term 6e-18), written in powers of t and split in even and odd halves.
 */
export function millsTail(z: number): number {
  const t = (z - 5) / (z + 5);
  const u = t * t;
  const even =
    0.771232418861263 +
    u *
      (0.1630455055917544 +
        u *
          (0.008275671183771678 +
            u *
              (-0.013800745852653304 +
                u *
                  (-0.0023006413528302238 +
                    u *
                      (0.00021363860386769997 +
                        u *
                          (-8.221270636974787e-6 +
                            u *
                              (-7.831205047771706e-7 +
                                u *
                                  (2.7035199328115036e-7 +
                                    u *
                                      (-5.133285701565714e-8 +
                                        u *
                                          (7.858649020674397e-9 +
                                            u * (-9.267646709395318e-10 + u * 6.269794374909751e-11)))))))))));
  const odd =
    -0.2815304286449526 +
    u *
      (-0.06605501790383513 +
        u *
          (0.013427049511378207 +
            u *
              (0.007423787358446815 +
                u *
                  (0.000146351235279639 +
                    u *
                      (-7.966070509727784e-5 +
                        u *
                          (1.2352284363173114e-5 +
                            u *
                              (-1.7222505764062466e-6 +
                                u *
                                  (2.5566654493113334e-7 +
                                    u *
                                      (-4.053241361169963e-8 +
                                        u * (5.834722260173819e-9 + u * -5.116101516148592e-10))))))))));
  return (even + t * odd) / (1 + 0.6 * z);
}

/** Mills ratio N(-z) / n(z) of any z; infinite below about -38.6, 0 at infinity. */
export function millsRatio(z: number): number {
  if (z >= 0) return z < 1e300 ? millsTail(z) : 1 / z;
  if (z < -39) return Number.POSITIVE_INFINITY;
  return 1 / normalPdf(z) - millsTail(-z);
}

/** Standard normal density, relative error of a few ulp over the whole double range (the square is taken in two parts). */
export function normalPdf(x: number): number {
  const size = Math.abs(x);
  if (size > 40) return Number.isNaN(x) ? Number.NaN : 0;
  const high = Math.round(size * 1024) / 1024;
  const low = size - high;
  return INV_SQRT_TWO_PI * Math.exp(-0.5 * high * high) * Math.exp(-0.5 * low * (size + high));
}

/** Standard normal distribution function, relative in the lower tail. */
export function normalCdf(x: number): number {
  if (x < -40) return 0;
  if (x > 40) return 1;
  const tail = normalPdf(x) * millsTail(Math.abs(x));
  return x < 0 ? tail : 1 - tail;
}
