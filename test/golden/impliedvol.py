"""Reference vectors for core/impliedvol.ts: the volatility whose price is exactly the given double, solved at 60 digits.

Run once, results stored:   /usr/bin/python3 test/golden/impliedvol.py test/golden/impliedvol.csv.gz
More cases, other seed:     /usr/bin/python3 test/golden/impliedvol.py /tmp/more.csv.gz --seed 7 --scale 5
Source: mpmath 1.2.1 (no code shared with the project).

Line: group,model,right,S,K,T,r,q,price,volatility,bound; the bound is the relative error one rounding of every input causes,
u (p + |S delta| + |K dV/dK| + |T theta| + |r rho| + |q dV/dq|) / (vol vega), rounded down to 3 digits (black76 has no q term).
"""
import gzip
import random
import sys
from mpmath import mp, mpf, log, sqrt, exp, erfc, pi, floor, log10

mp.dps = 60
MINUTE = 1 / 525600
U = mpf(2) ** -53


def upper(z):
    return erfc(z / sqrt(mpf(2))) / 2


def terms(phi, S, K, T, v, r, q):
    """S e^{-qT} N(phi d1), K e^{-rT} N(phi d2), S e^{-qT} n(d1)."""
    s = v * sqrt(T)
    d1 = (log(S / K) + (r - q + v * v / 2) * T) / s
    d2 = d1 - s
    A, B = S * exp(-q * T), K * exp(-r * T)
    return A * upper(-phi * d1), B * upper(-phi * d2), A * exp(-d1 * d1 / 2) / sqrt(2 * pi)


def price_of(phi, S, K, T, v, r, q):
    a, b, _ = terms(phi, S, K, T, v, r, q)
    return phi * (a - b)


def solve(phi, p, S, K, T, v, r, q):
    """Newton on the logarithm of the time value (of the distance to the maximum when that is smaller), from nearby."""
    A, B = S * exp(-q * T), K * exp(-r * T)
    small = min(A, B)
    intrinsic = max(phi * (A - B), mpf(0))
    value = p - intrinsic
    # A time value of a few roundings of the price says nothing.
    if value <= 3 * U * p or value >= small:
        return None
    high = value > small / 2
    for _ in range(200):
        a, b, m = terms(phi, S, K, T, v, r, q)
        have = phi * (a - b) - intrinsic
        if high:
            step = (small - have) * log((small - have) / (small - value)) / (m * sqrt(T))
        else:
            step = -have * log(have / value) / (m * sqrt(T))
        step = max(min(step, v), -v / 2)
        v += step
        if abs(step) < v * mpf(10) ** -40:
            return v
    return None


def bound(phi, model, p, S, K, T, v, r, q):
    a, b, m = terms(phi, S, K, T, v, r, q)
    theta = -m * v / (2 * sqrt(T)) + phi * (q * a - r * b)
    rates = abs(r) * T * p if model == 'black76' else abs(r) * T * b + abs(q) * T * a
    return U * (p + a + b + abs(T * theta) + rates) / (v * m * sqrt(T))


def short(value):
    e = int(floor(log10(value)))
    return '%de%d' % (int(floor(value / mpf(10) ** (e - 2))), e - 2)


def uniform_log(rng, low, high):
    return float(exp(mpf(rng.uniform(float(log(low)), float(log(high))))))


def base(rng):
    S = round(uniform_log(rng, 5, 7000), 2)
    T = uniform_log(rng, MINUTE, 10)
    v = uniform_log(rng, 0.01, 4)
    return S, T, v, round(rng.uniform(-0.02, 0.15), 4), round(rng.uniform(-0.01, 0.1), 4)


def strike_at(S, T, v, r, q, h):
    import math
    return float('%.7g' % (S * math.exp((r - q) * T - h * v * math.sqrt(T))))


def draw(rng, kind):
    S, T, v, r, q = base(rng)
    if kind in ('corners', 'maximum'):
        T = rng.choice([MINUTE, 1 / 8760, 1 / 365, 0.25, 1.0, 10.0])
        v = rng.choice([0.01, 0.05, 0.2, 1.0, 2.5, 4.0])
        r = rng.choice([-0.02, 0.0, 0.0, 0.05, 0.15])
        q = rng.choice([r, 0.0, 0.0, 0.03, 0.15])
    if kind == 'maximum':
        T, v = rng.uniform(1, 10), rng.uniform(1, 4)
    h = {'regular': rng.gauss(0, 1.5), 'corners': rng.choice([0, 0.5, -0.5, 2, -2, 6, -6]), 'tails': rng.uniform(4, 38.4),
         'deep': rng.uniform(3, 8.2), 'money': 0, 'tick': rng.gauss(0, 1), 'maximum': rng.gauss(0, 2)}[kind]
    right = rng.choice('CP')
    phi = 1 if right == 'C' else -1
    if kind == 'tails':
        h = -phi * h
    if kind == 'deep':
        h = phi * h
    K = strike_at(S, T, v, r, q, h)
    if kind == 'money':
        K = rng.choice([S, S * (1 + 10 ** rng.uniform(-15, -3)), strike_at(S, T, v, r, q, 0)])
    return right, phi, S, K, T, v, r, q


def main():
    seed = int(sys.argv[sys.argv.index('--seed') + 1]) if '--seed' in sys.argv else 1
    scale = float(sys.argv[sys.argv.index('--scale') + 1]) if '--scale' in sys.argv else 1
    rng = random.Random(seed)
    counts = {'regular': 500, 'corners': 300, 'tails': 350, 'deep': 250, 'money': 200, 'tick': 150, 'maximum': 150}
    with open(sys.argv[1], 'wb') as raw, gzip.GzipFile('', 'wb', 9, raw, mtime=0) as file:
        for kind, count in counts.items():
            done = 0
            while done < count * scale:
                right, phi, S, K, T, v, r, q = draw(rng, kind)
                model = 'black76' if rng.random() < 0.25 else 'bsm'
                if not 0.0001 * S < K < 10000 * S:
                    continue
                if model == 'black76':
                    q = r
                x = [mpf(c) for c in (S, K, T, v, r, q)]
                p = float(price_of(phi, *x))
                if kind == 'tick':
                    p = round(p, 2)
                if p <= 0:
                    continue
                vol = solve(phi, mpf(p), *x)
                if vol is None or not 0.001 < vol < 20:
                    continue
                x[3] = vol
                limit = bound(phi, model, mpf(p), *x)
                if limit > 0.1:
                    continue
                done += 1
                cells = [kind, model, right] + [repr(c) for c in (S, K, T, r, q, p)]
                file.write((','.join(cells + [mp.nstr(vol, 21, min_fixed=0, max_fixed=0), short(limit)]) + '\n').encode())


main()
