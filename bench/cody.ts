import type { GreekColumns, PricingColumns } from '../src/core/blackscholes.js';

/**
 * The yardstick: price and 12 greeks the usual way, N(d) = erfc(-d / sqrt 2) / 2 with the rational approximations of
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), in a plain loop.
 */
function erfc(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.46875) {
    const z = y * y;
    const top =
      (((0.18577770618460315 * z + 3.1611237438705655) * z + 113.86415415105016) * z + 377.485237685302) * z +
      3209.3775891384694;
    const bottom =
      (((z + 23.601290952344122) * z + 244.02463793444417) * z + 1282.6165260773723) * z + 2844.236833439171;
    return 1 - (x * top) / bottom;
  }
  let tail: number;
  if (y <= 4) {
    const top =
      (((((((2.1531153547440383e-8 * y + 0.5641884969886701) * y + 8.883149794388377) * y + 66.11919063714163) * y +
        298.6351381974001) *
        y +
        881.952221241769) *
        y +
        1712.0476126340707) *
        y +
        2051.0783778260716) *
        y +
      1230.3393547979972;
    const bottom =
      (((((((y + 15.744926110709835) * y + 117.6939508913125) * y + 537.1811018620099) * y + 1621.3895745666903) * y +
        3290.7992357334597) *
        y +
        4362.619090143247) *
        y +
        3439.3676741437216) *
        y +
      1230.3393548037495;
    tail = (Math.exp(-y * y) * top) / bottom;
  } else {
    const z = 1 / (y * y);
    const top =
      ((((0.016315387137302097 * z + 0.30532663496123236) * z + 0.36034489994980445) * z + 0.12578172611122926) * z +
        0.016083785148742275) *
        z +
      0.0006587491615298378;
    const bottom =
      ((((z + 2.568520192289822) * z + 1.8729528499234673) * z + 0.5279051029514285) * z + 0.06051834131244132) * z +
      0.0023352049762686918;
    tail = (Math.exp(-y * y) / y) * (0.5641895835477563 - (z * top) / bottom);
  }
  return x < 0 ? 2 - tail : tail;
}

/** Fills all thirteen columns. */
export function codyGreekColumns(inputs: PricingColumns, out: GreekColumns): void {
  const { side, spot, strike, years, volatility, rate, dividendYield } = inputs;
  const { price, delta, gamma, vega, theta, rho, vanna, charm, vomma, speed, color, zomma, ultima } = out;
  for (let i = 0; i < strike.length; i++) {
    const S = spot[i] as number;
    const K = strike[i] as number;
    const T = years[i] as number;
    const v = volatility[i] as number;
    const r = rate[i] as number;
    const q = dividendYield[i] as number;
    const phi = side[i] as number;
    const root = Math.sqrt(T);
    const s = v * root;
    const d1 = (Math.log(S / K) + (r - q + 0.5 * v * v) * T) / s;
    const d2 = d1 - s;
    const carry = Math.exp(-q * T);
    const discount = Math.exp(-r * T);
    const cdf1 = 0.5 * erfc(-phi * d1 * Math.SQRT1_2);
    const cdf2 = 0.5 * erfc(-phi * d2 * Math.SQRT1_2);
    const density = carry * 0.3989422804014327 * Math.exp(-0.5 * d1 * d1);
    const bond = K * discount * cdf2;
    const stock = S * carry * cdf1;
    const g = density / (S * s);
    const ve = S * density * root;
    const drift = (2 * (r - q) * T - d2 * s) / (2 * T * s);
    const product = d1 * d2;
    price[i] = phi * (stock - bond);
    delta[i] = phi * carry * cdf1;
    gamma[i] = g;
    vega[i] = ve;
    theta[i] = (-S * density * v) / (2 * root) + phi * (q * stock - r * bond);
    rho[i] = phi * T * bond;
    vanna[i] = (-density * d2) / v;
    charm[i] = phi * q * carry * cdf1 - density * drift;
    vomma[i] = (ve * product) / v;
    speed[i] = (-g / S) * (d1 / s + 1);
    color[i] = g * (q + d1 * drift + 1 / (2 * T));
    zomma[i] = (g * (product - 1)) / v;
    ultima[i] = (-ve / (v * v)) * (product * (1 - product) + d1 * d1 + d2 * d2);
  }
}
