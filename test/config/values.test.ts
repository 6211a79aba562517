import { describe, expect, test } from 'vitest';
import { instantOf } from '../../src/cli/moment.js';
import type { ValueType } from '../../src/config/option.js';
import { secureAddress } from '../../src/config/secure-address.js';
import { expirySelection, spotSelection, sweepRange } from '../../src/config/selections.js';
import { date, dateOr, duration, durations, moment, timeOfDay, timeZone } from '../../src/config/times.js';
import { decimal, httpAddress, listOf, oneOf, ticker, whole } from '../../src/config/values.js';
import { TICKERS } from '../../src/wire/catalogue.js';

interface Case<T> {
  readonly name: string;
  readonly type: ValueType<T>;
  readonly good: Readonly<Record<string, unknown>>;
  readonly bad: readonly string[];
}

const cases: readonly Case<unknown>[] = [
  {
    name: 'a port',
    type: whole('PORT', 0, 65535),
    good: { 0: 0, 8080: 8080, 65535: 65535 },
    bad: ['65536', '-1', '80.5', '8e3', '0x50', '', ' 80', 'http', 'NaN', 'Infinity'],
  },
  {
    name: 'a rate',
    type: decimal('RATE', -0.5, 1),
    good: { '0.05': 0.05, '-.02': -0.02, '1': 1, '5e-2': 0.05 },
    bad: ['1.01', '5%', 'NaN', '', '0,05', '0x1', '--1'],
  },
  {
    name: 'a word',
    type: oneOf('W', ['memory', 'stream']),
    good: { stream: 'stream', Memory: 'memory' },
    bad: ['disk', ''],
  },
  {
    name: 'an address for secrets',
    type: secureAddress,
    good: {
      'https://api.example.org/': 'https://api.example.org',
      'http://127.0.0.1:4010': 'http://127.0.0.1:4010',
      'http://localhost:9': 'http://localhost:9',
      'http://[::1]:9': 'http://[::1]:9',
    },
    bad: [
      'http://api.example.org',
      'http://127.0.0.1.example.org',
      'http://localhost.example.org',
      'http://localhost@example.org',
      'https://user@example.org',
      'https://a.b?x=1',
      'ftp://127.0.0.1',
    ],
  },
  {
    name: 'an address',
    type: httpAddress,
    good: { 'http://127.0.0.1:9/': 'http://127.0.0.1:9', 'https://a.b/c': 'https://a.b/c' },
    bad: ['ftp://a', 'a.b', '//a', 'http://', 'http://a b'],
  },
  {
    name: 'a ticker',
    type: ticker,
    good: { spy: 'SPY', '^SPX': 'SPX', _VIX: 'VIX', es_spx: 'ES_SPX' },
    bad: ['', 'MUCHTOOLONGNAME', '../SPY', 'SP Y', 'SPY1', '_', 'A_B_C'],
  },
  {
    name: 'tickers',
    type: listOf(ticker, 'tickers'),
    good: { 'SPX,spy': ['SPX', 'SPY'], 'SPX, SPX': ['SPX'] },
    bad: ['', ',', 'SPX,', 'SPX,?'],
  },
  {
    name: 'a date',
    type: date,
    good: { '2024-02-29': '2024-02-29', '1990-01-01': '1990-01-01' },
    bad: ['2023-02-29', '1989-12-31', '2051-01-01', '2024-2-9', '20240229', 'today', '2024-02-29T00:00'],
  },
  {
    name: 'a date or a word',
    type: dateOr(['latest']),
    good: { LATEST: 'latest', '2024-02-29': '2024-02-29' },
    bad: ['last'],
  },
  {
    name: 'a time',
    type: timeOfDay,
    good: { '9:30': { hour: 9, minute: 30, second: 0 }, '15:59:58': { hour: 15, minute: 59, second: 58 } },
    bad: ['24:00', '9', '09:60', '09:30:60', '9:30 am'],
  },
  {
    name: 'durations',
    type: durations(1000, 3_600_000),
    good: { '5m': [300_000], '1h,1h, 30s': [3_600_000, 3_600_000, 30_000] },
    bad: ['', '5m,', '5m;10m', '2h', '5'],
  },
  {
    name: 'a time zone',
    type: timeZone,
    good: { 'America/New_York': 'America/New_York', 'europe/berlin': 'Europe/Berlin', UTC: 'UTC' },
    bad: ['Mars/Base', '+05:00', 'GMT+5', '', 'New York'],
  },
  {
    name: 'a duration',
    type: duration(100, 3_600_000),
    good: { '250ms': 250, '5s': 5000, '1m30s': 90_000, '1h': 3_600_000, '1.5s': 1500 },
    bad: ['5', '99ms', '61m', 's', '5 s', '-5s', '5d'],
  },
  {
    name: 'expiries',
    type: expirySelection,
    good: { ALL: 'all', '0dte': '0dte', '2025-06-06,2025-06-13': ['2025-06-06', '2025-06-13'] },
    bad: ['none', '2025-06-06,all', '2025-06-31', ''],
  },
  {
    name: 'a spot',
    type: spotSelection,
    good: { close: 'close', '5900.25': 5900.25 },
    bad: ['0', '-1', 'open', 'NaN'],
  },
  {
    name: 'a sweep',
    type: sweepRange,
    good: { '0.8,1.2': [0.8, 1.2], '.5, 2': [0.5, 2] },
    bad: ['1.2,0.8', '1,1', '0,1', '0.8', '0.8,1,1.2', 'a,b'],
  },
];

describe.each(cases)('$name', ({ type, good, bad }) => {
  test.each(Object.entries(good))('accepts %j', (text, value) => {
    expect(type.parse(text)).toEqual(value);
    expect(type.parse(type.format(value))).toEqual(value);
  });
  test.each(bad)('refuses %j', (text) => {
    expect(type.parse(text)).toBeUndefined();
  });
});

test('every ticker of the catalogue is accepted', () => {
  const all = Object.values(TICKERS).flat();
  expect(all.map((symbol) => ticker.parse(symbol))).toEqual(all);
});

test.each([
  ['2026-08-19T20:00:00Z', '2026-08-19T20:00:00.000Z'],
  ['2026-08-19T16:00-04:00', '2026-08-19T20:00:00.000Z'],
  ['2026-08-19 16:00:01.25 -0400', '2026-08-19T20:00:01.250Z'],
  ['2026-08-19T15:30', '2026-08-19T19:30:00.000Z'],
  ['2026-01-15T09:30:15', '2026-01-15T14:30:15.000Z'],
  ['2026-01-15', '2026-01-15T21:00:00.000Z'],
  ['2025-11-28', '2025-11-28T18:00:00.000Z'],
  ['2026-08-22', '2026-08-22T20:00:00.000Z'],
])('the moment %s is %s', (text, instant) => {
  const parsed = moment.parse(text);
  expect(parsed && new Date(instantOf(parsed)).toISOString()).toBe(instant);
  expect(parsed && moment.format(parsed)).toBe(text);
});

test.each([
  'now',
  '2026-13-01',
  '2026-08-19T25:00',
  '2026-08-19T16:00:00.5',
  '2026-08-19T1600Z',
  '1755633600',
  '2026-08-19T10:00+99:00',
])('%s is not a moment', (text) => {
  expect(moment.parse(text)).toBeUndefined();
});
