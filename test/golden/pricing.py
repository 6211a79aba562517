"""Reference vectors for core/blackscholes.ts: 13 outputs and their condition numbers from textbook formulas at 100 digits.

Run once, results stored:   /usr/bin/python3 test/golden/pricing.py test/golden/pricing.csv.gz
More cases, other seed:     /usr/bin/python3 test/golden/pricing.py /tmp/more.csv.gz --seed 7 --scale 5
Formulas against numerical differentiation of the price:   /usr/bin/python3 test/golden/pricing.py --check
Source: mpmath 1.2.1 (no code shared with the project).

One line is one set of inputs (exact doubles in shortest decimal form) with outputs for the call and the put:
  group,model,S,K,T,vol,r,q, then `value condition` for the eight outputs calls and puts share, then the five of the call, the five of the put.
A condition is the sum over the inputs of |x d(out)/dx / out| rounded down to 3 digits (black76: five inputs, no yield).
"""
import gzip
import random
import sys
from mpmath import mp, mpf, log, sqrt, exp, erfc, pi, diff

mp.dps = 100
SHARED = ['gamma', 'vega', 'vanna', 'vomma', 'speed', 'color', 'zomma', 'ultima']
OWN = ['price', 'delta', 'theta', 'rho', 'charm']


def upper(z):
    return erfc(z / sqrt(mpf(2))) / 2


def outputs(model, S, K, T, v, r, q):
    """The 18 outputs: 8 shared, 5 of the call, 5 of the put."""
    if model == 'black76':
        q = r
    root = sqrt(T)
    s = v * root
    d1 = (log(S / K) + (r - q + v * v / 2) * T) / s
    d2 = d1 - s
    n1 = exp(-d1 * d1 / 2) / sqrt(2 * pi)
    eq, er = exp(-q * T), exp(-r * T)
    gamma = eq * n1 / (S * s)
    vega = S * eq * n1 * root
    drift = (2 * (r - q) * T - d2 * s) / (2 * T * s)
    shared = [
        gamma,
        vega,
        -eq * n1 * d2 / v,
        vega * d1 * d2 / v,
        -gamma / S * (d1 / s + 1),
        gamma * (q + d1 * drift + 1 / (2 * T)),
        gamma * (d1 * d2 - 1) / v,
        -vega / (v * v) * (d1 * d2 * (1 - d1 * d2) + d1 * d1 + d2 * d2),
    ]
    own = []
    for phi in (1, -1):
        N1, N2 = upper(-phi * d1), upper(-phi * d2)
        price = phi * (S * eq * N1 - K * er * N2)
        own += [
            price,
            phi * eq * N1,
            -S * eq * n1 * v / (2 * root) + phi * (q * S * eq * N1 - r * K * er * N2),
            -T * price if model == 'black76' else phi * T * K * er * N2,
            phi * q * eq * N1 - eq * n1 * drift,
        ]
    return shared + own


STEP = mpf(10) ** -30


def evaluate(model, inputs):
    """The outputs and, for each, sum over the inputs of |x d(out)/dx|."""
    x = [mpf(value) for value in inputs]
    out = outputs(model, *x)
    total = [mpf(0)] * len(out)
    for i in range(5 if model == 'black76' else 6):
        if x[i] == 0:
            continue
        up, down = list(x), list(x)
        up[i] = x[i] * (1 + STEP)
        down[i] = x[i] * (1 - STEP)
        a, b = outputs(model, *up), outputs(model, *down)
        total = [t + abs(p - m) / (2 * STEP) for t, p, m in zip(total, a, b)]
    return out, total


def short(value):
    """3 digits, rounded down."""
    if value == 0:
        return '0'
    from mpmath import floor, log10
    e = int(floor(log10(value)))
    lead = int(floor(value / mpf(10) ** (e - 2)))
    return '%de%d' % (lead, e - 2)


def line(group, model, inputs):
    out, total = evaluate(model, inputs)
    cells = [group, model] + [repr(float(x)) for x in inputs]
    for value, bound in zip(out, total):
        cells.append(mp.nstr(value, 21, min_fixed=0, max_fixed=0) + ' ' + (short(bound / abs(value)) if value != 0 else '0'))
    return ','.join(cells)


def uniform_log(rng, low, high):
    return float(exp(mpf(rng.uniform(float(log(low)), float(log(high))))))


MINUTE = 1 / 525600


def base(rng):
    S = round(uniform_log(rng, 5, 7000), 2)
    T = uniform_log(rng, MINUTE, 10)
    v = round(uniform_log(rng, 0.01, 4), 4)
    r = round(rng.uniform(-0.02, 0.15), 4)
    q = round(rng.uniform(-0.01, 0.1), 4)
    return S, T, v, r, q


def strike_at(S, T, v, r, q, h):
    """The strike at which ln(F/K) / (vol sqrt T) is h."""
    import math
    return S * math.exp((r - q) * T - h * v * math.sqrt(T))


def clean(K, S):
    return 0.0001 * S < K < 10000 * S


def regular(rng):
    while True:
        S, T, v, r, q = base(rng)
        K = float('%.6g' % strike_at(S, T, v, r, q, rng.gauss(0, 1.5)))
        if clean(K, S):
            return [S, K, float('%.6g' % T), v, r, q]


def tails(rng):
    """Far out of and deep in the money, out to subnormal values."""
    while True:
        S, T, v, r, q = base(rng)
        K = strike_at(S, T, v, r, q, rng.choice([-1, 1]) * rng.uniform(4, 38.3))
        if clean(K, S):
            return [S, K, T, v, r, q]


def near_money(rng):
    """S/K next to 1 and forwards next to the strike."""
    S, T, v, r, q = base(rng)
    kind = rng.randrange(4)
    gap = 10 ** rng.uniform(-16, -2) * rng.choice([-1, 1])
    if kind == 0:
        return [S, S, T, v, r, q]
    if kind == 1:
        return [S, S * (1 + gap), T, v, r, q]
    if kind == 2:
        return [S, strike_at(S, T, v, r, q, 0) * (1 + gap), T, v, r, q]
    return [S, strike_at(S, T, v, r, q, rng.choice([-0.5, 0.5]) * v * T ** 0.5), T, v, r, q]


def corners(rng):
    """The ends of every range, zero and equal rates."""
    pick = rng.choice
    T = pick([MINUTE, 1 / 8760, 1 / 365, 0.25, 1.0, 10.0, uniform_log(rng, MINUTE, 10)])
    v = pick([0.01, 0.05, 0.2, 1.0, 2.5, 4.0])
    r = pick([-0.02, 0.0, 0.0, 0.05, 0.15])
    q = pick([r, 0.0, 0.0, 0.03, 0.15, -0.02])
    S = pick([1.0, 100.0, 5912.44])
    while True:
        h = pick([0, 0.5, -0.5, 1, -1, 3, -3, 8, -8, 20, -20, 37, -37])
        K = strike_at(S, T, v, r, q, h)
        K = pick([K, float('%.4g' % K)])
        if clean(K, S):
            return [S, K, T, v, r, q]


def zero(rng, index, model):
    """A double next to a sign change of output `index`, found by bisection over the volatility, the strike or the time."""
    mp.dps = 40
    try:
        while True:
            S, T, v, r, q = base(rng)
            if rng.random() < 0.25:
                r = 0.0
            if rng.random() < 0.25:
                q = 0.0
            axis = rng.choice([1, 1, 2, 3])
            x = [S, strike_at(S, T, v, r, q, rng.gauss(0, 2)), T, v, r, q]
            if not clean(x[1], S):
                continue

            def at(value):
                y = [mpf(c) for c in x]
                y[axis] = value
                return outputs(model, *y)[index]

            if axis == 1:
                grid = [mpf(strike_at(S, T, v, r, q, h / 2)) for h in range(-12, 13)]
                grid = [g for g in grid if clean(g, S)]
            else:
                grid = [mpf(x[axis]) * mpf(2) ** (k - 6) for k in range(13)]
            values = [at(g) for g in grid]
            spots = [k for k in range(len(grid) - 1) if values[k] * values[k + 1] < 0]
            if not spots:
                continue
            k = rng.choice(spots)
            low, high, sign = grid[k], grid[k + 1], values[k] > 0
            for _ in range(62):
                middle = (low + high) / 2
                if (at(middle) > 0) == sign:
                    low = middle
                else:
                    high = middle
            root = float(low)
            if axis == 2 and not MINUTE <= root <= 10 or axis == 3 and not 0.01 <= root <= 4:
                continue
            shift = rng.choice([0, 0, 1e-14, -1e-12, 1e-9, -1e-6])
            x[axis] = root * (1 + shift)
            return x
    finally:
        mp.dps = 100


def cases(rng, scale):
    for k in range(int(500 * scale)):
        yield 'regular', 'black76' if k % 4 == 0 else 'bsm', regular(rng)
    for k in range(int(260 * scale)):
        yield 'tails', 'black76' if k % 4 == 0 else 'bsm', tails(rng)
    for k in range(int(200 * scale)):
        yield 'near-money', 'black76' if k % 4 == 0 else 'bsm', near_money(rng)
    for k in range(int(260 * scale)):
        yield 'corners', 'black76' if k % 4 == 0 else 'bsm', corners(rng)
    names = SHARED + [n + '-call' for n in OWN] + [n + '-put' for n in OWN]
    for name in ['vanna', 'vomma', 'speed', 'color', 'zomma', 'ultima', 'theta-call', 'theta-put', 'charm-call', 'charm-put']:
        for k in range(int(40 * scale)):
            model = 'black76' if k % 4 == 0 else 'bsm'
            yield 'zero-' + name, model, zero(rng, names.index(name), model)


def check():
    """The formulas against derivatives of the price alone."""
    rng = random.Random(5)
    mp.dps = 60
    worst = mpf(0)
    for _ in range(5):
        x = [mpf(c) for c in regular(rng)]
        got = outputs('bsm', *x)
        for k, start in enumerate((8, 13)):
            price = lambda S, K, T, v, r, q: outputs('bsm', S, K, T, v, r, q)[start]
            orders = {'delta': (1, 0, 0, 0), 'theta': (0, 1, 0, 0), 'rho': (0, 0, 0, 1), 'charm': (1, 1, 0, 0)}
            shared = {'gamma': (2, 0, 0, 0), 'vega': (0, 0, 1, 0), 'vanna': (1, 0, 1, 0), 'vomma': (0, 0, 2, 0), 'speed': (3, 0, 0, 0),
                      'color': (2, 1, 0, 0), 'zomma': (2, 0, 1, 0), 'ultima': (0, 0, 3, 0)}
            for table, names, offset in ((orders, OWN, start), (shared, SHARED, 0)):
                for name, (nS, nT, nv, nr) in table.items():
                    f = lambda S, T, v, r: price(S, x[1], T, v, r, x[5])
                    value = diff(f, (x[0], x[2], x[3], x[4]), (nS, nT, nv, nr)) * (-1) ** nT
                    have = got[offset + names.index(name)]
                    worst = max(worst, abs(value - have) / abs(have))
    print('largest relative difference', mp.nstr(worst, 3))


def main():
    if '--check' in sys.argv:
        return check()
    seed = int(sys.argv[sys.argv.index('--seed') + 1]) if '--seed' in sys.argv else 1
    scale = float(sys.argv[sys.argv.index('--scale') + 1]) if '--scale' in sys.argv else 1
    rng = random.Random(seed)
    with open(sys.argv[1], 'wb') as raw, gzip.GzipFile('', 'wb', 9, raw, mtime=0) as file:
        for group, model, inputs in cases(rng, scale):
            file.write((line(group, model, inputs) + '\n').encode())


main()
