"""Reference values of exposures, gamma curves and levels, by mpmath at 60 digits.

Command: python3 test/golden/exposure.py   (mpmath 1.2.1; writes test/golden/exposure.json)

Every chain is seeded and written out as gex-chain/1; T of dated contracts is counted from zoneinfo's New York time.
Zeros: net gamma is evaluated at 60 digits on a grid of a tenth of the smallest sigma sqrt(T), at most 1/2000 of the range,
and every sign change is refined to 50 digits.
"""
import json
import os
import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mpmath import erfc, exp, log, mp, mpf, pi, sqrt

mp.dps = 60
NY = ZoneInfo("America/New_York")
M = 100


def settlement(root, date):
    day = datetime.fromisoformat(date)
    hour, minute = (9, 30) if root == "SPX" else (16, 0)
    return day.replace(hour=hour, minute=minute, tzinfo=NY)


def years(chain, contract):
    if "t" in contract:
        return mpf(contract["t"])
    as_of = datetime.fromisoformat(chain["asOf"].replace("Z", "+00:00"))
    seconds = settlement(contract["root"], contract["expiry"]).timestamp() - as_of.timestamp()
    return mpf(seconds) / (365 * 86400)


def terms(chain, contract):
    s, k = mpf(chain["spot"]), mpf(contract["strike"])
    r, q = mpf(chain["rate"]), mpf(chain["yield"])
    if chain["model"] == "black76":
        q = r
    return s, k, r, q, years(chain, contract), mpf(contract["iv"])


def pdf(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def cdf(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def gamma(x, k, r, q, t, v):
    d1 = (log(x / k) + (r - q + v * v / 2) * t) / (v * sqrt(t))
    return exp(-q * t) * pdf(d1) / (x * v * sqrt(t))


def greeks(chain, contract):
    s, k, r, q, t, v = terms(chain, contract)
    w = v * sqrt(t)
    d1 = (log(s / k) + (r - q + v * v / 2) * t) / w
    d2 = d1 - w
    phi = 1 if contract["right"] == "C" else -1
    e = exp(-q * t)
    return {
        "gex": e * pdf(d1) / (s * w) * s * s / 100,
        "dex": phi * e * cdf(phi * d1) * s,
        "vex": -e * pdf(d1) * d2 / v * s / 100,
        "chex": (phi * q * e * cdf(phi * d1) - e * pdf(d1) * (2 * (r - q) * t - d2 * w) / (2 * t * w)) / 365 * s,
    }


def sums(chain, contracts):
    out = {key: mpf(0) for key in KEYS}
    for c in contracts:
        g = greeks(chain, c)
        size = c["openInterest"] * M
        sign = 1 if c["right"] == "C" else -1
        side = "call" if sign > 0 else "put"
        out[side + "Gex"] += sign * g["gex"] * size
        out["netGex"] += sign * g["gex"] * size
        out["absGex"] += g["gex"] * size
        out["netGexVolume"] += sign * g["gex"] * c["volume"] * M
        for name in ("dex", "vex", "chex"):
            out[name + "Market"] += g[name] * size
            out[name + "Dealer"] += sign * g[name] * size
        out[side + "OpenInterest"] += c["openInterest"]
        out[side + "Volume"] += c["volume"]
    return out


KEYS = """callGex putGex netGex absGex netGexVolume dexMarket dexDealer vexMarket vexDealer chexMarket chexDealer
callOpenInterest putOpenInterest callVolume putVolume""".split()


def curve(chain):
    book = []
    for c in chain["contracts"]:
        _, k, r, q, t, v = terms(chain, c)
        w = v * sqrt(t)
        sign = 1 if c["right"] == "C" else -1
        if c["openInterest"]:
            height = sign * c["openInterest"] * M * exp(-q * t) / (sqrt(2 * pi) * w) / 100
            book.append((log(k) - (r - q + v * v / 2) * t, w, height))

    def net(x):
        u = log(x)
        return x * sum(h * exp(-(((u - m) / w) ** 2) / 2) for m, w, h in book)

    def slope(x):
        u = log(x)
        return sum(h * exp(-(((u - m) / w) ** 2) / 2) * (1 - (u - m) / (w * w)) for m, w, h in book)

    return net, slope, min(w for _, w, _ in book)


def refine(f, a, b):
    fa = f(a)
    for _ in range(40):
        m = (a + b) / 2
        fm = f(m)
        if (fm > 0) == (fa > 0):
            a, fa = m, fm
        else:
            b = m
    x0, x1 = a, b
    f0, f1 = f(x0), f(x1)
    for _ in range(8):
        if f1 == f0 or abs(x1 - x0) < mpf(10) ** -40 * x1:
            break
        x0, x1, f0 = x1, x1 - f1 * (x1 - x0) / (f1 - f0), f1
        f1 = f(x1)
    return x1


def zeros(chain, low, high):
    net, slope, narrowest = curve(chain)
    spot = mpf(chain["spot"])
    steps = max(2000, int((log(mpf(high)) - log(mpf(low))) / (narrowest / 10)))
    found = []
    previous = None
    for i in range(steps + 1):
        x = spot * (mpf(low) + (mpf(high) - mpf(low)) * i / steps)
        value = net(x)
        if previous is not None and (value > 0) != (previous[1] > 0):
            root = refine(net, previous[0], x)
            found.append({"spot": float(root), "slope": float(slope(root))})
        previous = (x, value)
    return found


def crossings(strikes, values, spot):
    running, total = [], mpf(0)
    for value in values:
        total += value
        running.append(total)

    def of(points):
        out = []
        for i in range(1, len(points)):
            a, b = points[i - 1], points[i]
            if a * b < 0:
                out.append(strikes[i - 1] + (strikes[i] - strikes[i - 1]) * a / (a - b))
        return out

    cumulative, adjacent = of(running), of(values)
    nearest = min(cumulative, key=lambda k: abs(k - spot)) if cumulative else None
    as_float = lambda x: None if x is None else float(x)
    return {
        "cumulativeFirst": as_float(cumulative[0] if cumulative else None),
        "cumulativeNearest": as_float(nearest),
        "adjacentFirst": as_float(adjacent[0] if adjacent else None),
    }


def max_pain(contracts):
    strikes = sorted({c["strike"] for c in contracts})

    def payout(at):
        gain = lambda c: max(0, at - c["strike"] if c["right"] == "C" else c["strike"] - at)
        return sum(c["openInterest"] * M * mpf(gain(c)) for c in contracts)

    return min(strikes, key=lambda k: (payout(k), k))


def reference(chain):
    contracts = chain["contracts"]
    strikes = sorted({c["strike"] for c in contracts})
    rows = [sums(chain, [c for c in contracts if c["strike"] == k]) for k in strikes]
    totals = sums(chain, contracts)
    spot = mpf(chain["spot"])
    found = zeros(chain, 0.8, 1.2) or zeros(chain, 0.5, 1.5)
    net, _, _ = curve(chain)

    def largest(key):
        best = max(range(len(strikes)), key=lambda i: abs(rows[i][key]))
        return strikes[best] if rows[best][key] != 0 else None

    expiries = sorted({(c["root"], c.get("expiry", c.get("t"))) for c in contracts})
    low, high = (0.8, 1.2) if zeros(chain, 0.8, 1.2) else (0.5, 1.5)
    return {
        "totals": {key: float(totals[key]) for key in KEYS},
        "byStrike": [[k] + [float(row[key]) for key in KEYS] for k, row in zip(strikes, rows)],
        "zeroGamma": min((z["spot"] for z in found), key=lambda x: abs(x - spot)) if found else None,
        "zeroGammas": found,
        # As many significant digits as the trial spot has in double precision.
        "profile": [[x, float(net(mpf(x)))] for x in (float(spot) * (low + (high - low) * i / 160) for i in range(0, 161, 8))],
        "strikeCrossings": crossings([mpf(k) for k in strikes], [row["netGex"] for row in rows], spot),
        "callWall": largest("callGex"),
        "putWall": largest("putGex"),
        "absGammaStrike": largest("absGex"),
        "callOiWall": largest("callOpenInterest"),
        "putOiWall": largest("putOpenInterest"),
        "maxPain": [
            {"root": root, "strike": max_pain([c for c in contracts if (c["root"], c.get("expiry", c.get("t"))) == (root, e)])}
            for root, e in expiries
        ],
        "putCallRatio": {
            "openInterest": float(totals["putOpenInterest"] / totals["callOpenInterest"]),
            "volume": float(totals["putVolume"] / totals["callVolume"]),
        },
    }


def smile(k, spot, t, at, skew, curvature):
    x = float(log(mpf(k) / mpf(spot))) / max(t, 0.02) ** 0.5
    return round(max(0.05, at - skew * x + curvature * x * x), 4)


def ladder(rng, root, spot, strikes, t, when, at=0.15, skew=0.05, curvature=0.02, tilt=0.04, size=4000):
    rows = []
    for k in strikes:
        for right in "CP":
            distance = (k - spot) / spot / tilt
            lean = 1 / (1 + pow(2.718281828, -distance * (1 if right == "C" else -1)))
            interest = int(rng.random() * size * lean)
            iv = smile(k, spot, t, at, skew, curvature)
            row = {"root": root, "right": right, "strike": k, **when, "openInterest": interest, "volume": int(interest * rng.random()), "iv": iv}
            rows.append(row)
    return rows


def chain(name, spot, rate, carry, contracts, model="bsm", as_of="2024-06-11T14:30:00Z"):
    return {"schema": "gex-chain/1", "underlying": name, "asOf": as_of, "spot": spot, "rate": rate, "yield": carry, "multiplier": M, "model": model, "contracts": contracts}


def cases():
    rng = random.Random(20240611)
    span = lambda low, high, step: list(range(low, high + 1, step))
    month = 30 / 365
    yield "spx-30d", chain("SPX", 5843.27, 0.0431, 0.0127, ladder(rng, "SPX", 5843.27, span(5000, 6600, 25), month, {"t": month}))
    hours = 2 / 24 / 365
    yield "spx-0dte-2h", chain("SPX", 5912.44, 0.05, 0.01, ladder(rng, "SPXW", 5912.44, span(5760, 6060, 5), hours, {"t": hours}, at=0.14))
    dated = []
    for root, date, t in (("SPX", "2024-06-21", 0.027), ("SPXW", "2024-06-21", 0.028), ("SPXW", "2024-06-14", 0.009), ("SPX", "2024-12-20", 0.52)):
        dated += ladder(rng, root, 5375.32, span(4800, 5950, 50), t, {"expiry": date}, at=0.13)
    yield "spx-am-pm", chain("SPX", 5375.32, 0.0526, 0.0138, dated)
    minutes = 5 / 1440 / 365
    yield "spx-5min", chain("SPX", 5902.18, 0.05, 0.01, ladder(rng, "SPXW", 5902.18, span(5800, 6005, 5), minutes, {"t": minutes}, at=0.16, skew=0.02))
    single = [c for c in ladder(rng, "TSLA", 248.13, [200, 225, 240, 250, 260, 275, 300], 0.1, {"t": 0.1}, at=0.55)]
    for c in single:
        c["openInterest"] = 0 if c["right"] == "P" else c["openInterest"] + 1
        c["volume"] += 1
    yield "no-zero", chain("TSLA", 248.13, 0.045, 0.0, single)
    futures = ladder(rng, "ES", 5900.25, span(5300, 6500, 50), 0.25, {"t": 0.25}, at=0.17)
    yield "black76", chain("ES", 5900.25, 0.043, 0.0, futures, model="black76")


if __name__ == "__main__":
    out = {name: {"chain": c, "expected": reference(c)} for name, c in cases()}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exposure.json")
    with open(path, "w") as file:
        body = ",\n".join(
            json.dumps(name) + ': {"chain": ' + json.dumps(case["chain"]).replace('}, {"root"', '},\n{"root"') + ',\n"expected": ' + json.dumps(case["expected"]).replace("], [", "],\n[") + "}"
            for name, case in out.items()
        )
        file.write("{" + body + "}\n")
    for name, case in out.items():
        e = case["expected"]
        print(name, len(case["chain"]["contracts"]), "zeros", [round(z["spot"], 2) for z in e["zeroGammas"]], "nearest", e["zeroGamma"], e["strikeCrossings"])
