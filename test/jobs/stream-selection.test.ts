import { describe, expect, it } from 'vitest';
import { expiryInstant } from '../../src/core/settlement.js';
import { isOffCentre, nextExpiries, selectStrikes } from '../../src/jobs/stream-selection.js';

const listed = (root: string, date: string, strikes: readonly number[] = []) => ({
  ...{ root, date, strikes },
  expiryMs: expiryInstant(root, date),
});

/** The third Friday of December 2025 is the 19th. */
const SPX = [
  listed('SPXW', '2025-12-18'),
  listed('SPXW', '2025-12-19'),
  listed('SPX', '2025-12-19'),
  listed('SPXW', '2025-12-22'),
  listed('SPXW', '2025-12-23'),
];
const named = (rows: readonly { root: string; date: string }[]) => rows.map(({ root, date }) => `${root} ${date}`);

describe('nextExpiries', () => {
  it('counts dates, and takes both roots of a third Friday', () => {
    expect(named(nextExpiries(SPX, 2, Date.parse('2025-12-18T15:00:00Z')))).toEqual([
      ...['SPXW 2025-12-18', 'SPXW 2025-12-19', 'SPX 2025-12-19'],
    ]);
  });

  it('leaves out what has settled: SPX in the morning, SPXW at the close', () => {
    expect(named(nextExpiries(SPX, 1, Date.parse('2025-12-19T15:00:00Z')))).toEqual(['SPXW 2025-12-19']);
    expect(named(nextExpiries(SPX, 1, Date.parse('2025-12-19T21:00:00Z')))).toEqual(['SPXW 2025-12-22']);
  });
});

describe('selectStrikes', () => {
  const one = [listed('SPY', '2025-12-19', [660, 671.5, 672, 682, 692, 692.5])];
  it('takes what is within the distance, its ends included', () => {
    expect(selectStrikes(one, 682, 10)).toMatchObject({ centre: 682, expiries: [{ strikes: [672, 682, 692] }] });
  });

  it('takes the nearest strike when none is within the distance', () => {
    expect(selectStrikes(one, 667, 2).expiries[0]?.strikes).toEqual([671.5]);
  });

  it('leaves out an expiry without strikes', () => expect(selectStrikes(SPX, 6800, 50).expiries).toEqual([]));
});

it('spot is off centre once it is more than half of the distance away', () => {
  const selection = { centre: 682, expiries: [] };
  expect([682, 687, 677].map((spot) => isOffCentre(selection, spot, 10))).toEqual([false, false, false]);
  expect([687.01, 676.9].map((spot) => isOffCentre(selection, spot, 10))).toEqual([true, true]);
});
