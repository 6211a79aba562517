"""Easter Sundays 1990-2050 by Knuth's algorithm (The Art of Computer Programming 1.3.2, exercise 14),
independent of the one in src. Run: /usr/bin/python3 test/golden/easter.py > test/golden/easter.json"""
import datetime
import json


def easter(year):
    golden = year % 19 + 1
    century = year // 100 + 1
    leap = 3 * century // 4 - 12
    moon = (8 * century + 5) // 25 - 5
    sunday = 5 * year // 4 - leap - 10
    epact = (11 * golden + 20 + moon - leap) % 30
    if epact == 24 or (epact == 25 and golden > 11):
        epact += 1
    full = 44 - epact
    if full < 21:
        full += 30
    full += 7 - (sunday + full) % 7
    return datetime.date(year, 3, 1) + datetime.timedelta(full - 1)


print(json.dumps({"source": "test/golden/easter.py", "easter": [easter(y).isoformat() for y in range(1990, 2051)]}))
