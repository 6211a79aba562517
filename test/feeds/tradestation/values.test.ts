import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOnly, instant, int, num, words } from '../../../src/feeds/tradestation/values.js';

describe('num', () => {
  it.each([
    ['682.14', 682.14],
    [' -0.7286 ', -0.7286],
    ['+1.5e-3', 0.0015],
    ['.5', 0.5],
    [0, 0],
    ['0', 0],
  ])('reads %j', (value, expected) => expect(num(value)).toBe(expected));

  it.each([undefined, null, '', ' ', 'N/A', 'NaN', 'Infinity', '1,000', '0x10', '1.2.3', Number.NaN, [], {}, true])(
    'leaves %j unknown',
    (value) => expect(num(value)).toBeUndefined(),
  );

  it('reads back every number', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => num(String(x)) === x));
  });
});

describe('int', () => {
  it('takes a whole number with a point', () => expect(int('123.0')).toBe(123));
  it('leaves a fraction unknown', () => expect(int('123.5')).toBeUndefined());
});

describe('words', () => {
  it('leaves blanks and N/A unknown', () => {
    expect([words('  '), words('n/a'), words(5), words(' SPY ')]).toEqual([undefined, undefined, undefined, 'SPY']);
  });
});

describe('instant', () => {
  const noon = Date.UTC(2025, 11, 17, 19, 36, 2);
  it.each([
    ['2025-12-17T19:36:02Z', noon],
    ['2025-12-17T14:36:02-05:00', noon],
    ['2025-12-17T19:36:02.1234567Z', noon + 123],
    [`/Date(${noon})/`, noon],
    [`/Date(${noon}-0500)/`, noon],
    [noon, noon],
  ])('reads %j', (value, expected) => expect(instant(value)).toBe(expected));

  it.each(['2025-02-30T00:00:00Z', '2025-12-17', '1969-12-31T23:59:59Z', '', null, 'yesterday', 5])(
    'leaves %j unknown',
    (value) => expect(instant(value)).toBeUndefined(),
  );
});

describe('dateOnly', () => {
  it('takes midnight of an expiration literally, whatever the zone', () =>
    expect(dateOnly('2025-12-19T00:00:00Z')).toBe('2025-12-19'));
  it('reads the other order', () => expect(dateOnly('12-19-2025')).toBe('2025-12-19'));
  it.each(['2025-13-01', '31-12-2025', '', undefined])('leaves %j unknown', (value) =>
    expect(dateOnly(value)).toBeUndefined(),
  );
});
