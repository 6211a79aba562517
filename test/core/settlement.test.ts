import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../src/core/calendar.js';
import { expiryInstant, isIndex, settlementOf, underlyingOf, yearsBetween } from '../../src/core/settlement.js';

const instant = (root: string, date: string): string => new Date(expiryInstant(root, date)).toISOString();

describe('settlement', () => {
  it('is the opening print for third-Friday index roots only', () => {
    expect(settlementOf('SPX', '2026-08-21')).toBe('am');
    expect(settlementOf('SPXW', '2026-08-21')).toBe('pm');
    expect(settlementOf('SPX', '2026-08-28')).toBe('pm');
    expect(settlementOf('NDX', '2024-04-19')).toBe('am');
    expect(settlementOf('NDXP', '2024-04-19')).toBe('pm');
    expect(settlementOf('RUT', '2023-10-20')).toBe('am');
    expect(settlementOf('RUTW', '2023-10-20')).toBe('pm');
    expect(settlementOf('XSP', '2026-08-21')).toBe('pm');
    expect(settlementOf('SPY', '2026-08-21')).toBe('pm');
  });

  it('moves with the third Friday to Thursday when the Friday is a holiday', () => {
    expect(settlementOf('SPX', '2026-06-18')).toBe('am');
    expect(instant('SPX', '2026-06-18')).toBe('2026-06-18T13:30:00.000Z');
    // The listed SPX expiry of June 2027 is Thursday the 17th: the 18th is Juneteenth, observed.
    expect(settlementOf('SPX', '2027-06-17')).toBe('am');
    expect(settlementOf('SPX', '2019-04-18')).toBe('am');
    expect(settlementOf('SPX', '2026-06-11')).toBe('pm');
  });

  it('reads the Saturday of old symbols, and a holiday, as the session before', () => {
    expect(settlementOf('SPX', '2014-01-18')).toBe('am');
    expect(instant('SPX', '2014-01-18')).toBe('2014-01-17T14:30:00.000Z');
    expect(instant('SPY', '2014-01-18')).toBe('2014-01-17T21:00:00.000Z');
    expect(instant('SPY', '2022-04-15')).toBe('2022-04-14T20:00:00.000Z');
    expect(instant('SPX', '2026-06-19')).toBe('2026-06-18T13:30:00.000Z');
  });

  it('is always the opening print for VIX, weekly too', () => {
    expect(instant('VIX', '2026-08-19')).toBe('2026-08-19T13:30:00.000Z');
    expect(instant('VIXW', '2026-08-26')).toBe('2026-08-26T13:30:00.000Z');
  });

  it('is at the close, early on short days, summer and winter', () => {
    expect(instant('SPXW', '2026-08-21')).toBe('2026-08-21T20:00:00.000Z');
    expect(instant('SPY', '2026-01-16')).toBe('2026-01-16T21:00:00.000Z');
    expect(instant('SPXW', '2026-11-27')).toBe('2026-11-27T18:00:00.000Z');
    expect(instant('QQQ', '2024-07-03')).toBe('2024-07-03T17:00:00.000Z');
  });

  it('follows a given settlement and a given calendar', () => {
    expect(new Date(expiryInstant('SPXW', '2026-08-21', 'am')).toISOString()).toBe('2026-08-21T13:30:00.000Z');
    const calendar = createCalendar([{ date: '2026-08-21', name: 'Mourning', session: 'closed' }]);
    expect(new Date(expiryInstant('SPX', '2026-08-21', undefined, calendar)).toISOString()).toBe(
      '2026-08-20T13:30:00.000Z',
    );
  });
});

describe('roots', () => {
  it('name their underlying', () => {
    const pairs = ['SPXW', 'SPX', 'NDXP', 'RUTW', 'VIXW', 'AAPL', 'AAPL1', 'BRKB', 'XSP'].map((root) => [
      root,
      underlyingOf(root),
    ]);
    expect(Object.fromEntries(pairs)).toEqual({
      SPXW: 'SPX',
      SPX: 'SPX',
      NDXP: 'NDX',
      RUTW: 'RUT',
      VIXW: 'VIX',
      AAPL: 'AAPL',
      AAPL1: 'AAPL',
      BRKB: 'BRKB',
      XSP: 'XSP',
    });
  });

  it('know indexes from stocks', () => {
    expect(['SPX', 'NDX', 'RUT', 'VIX', 'XSP'].every(isIndex)).toBe(true);
    expect(['SPY', 'AAPL', 'SPXW'].some(isIndex)).toBe(false);
  });
});

describe('the clock', () => {
  it('counts a year of 365 days in milliseconds, weekends across a clock change as 71 hours', () => {
    expect(yearsBetween(0, 365 * 86_400_000)).toBe(1);
    const friday = expiryInstant('SPY', '2026-03-06');
    expect(yearsBetween(friday, expiryInstant('SPY', '2026-03-09'))).toBe(71 / (365 * 24));
  });
});
