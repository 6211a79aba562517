import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOcc, parseOcc } from '../../src/core/occ.js';

const contract = { root: 'SPXW', date: '2026-07-22', right: 'C', strike: 7500 } as const;

describe('OCC symbols', () => {
  it('are read packed and padded to 21 characters', () => {
    expect(parseOcc('SPXW260722C07500000')).toEqual(contract);
    expect(parseOcc('SPXW  260722C07500000')).toEqual(contract);
    expect(parseOcc('AAPL1 250117P00172500')).toEqual({ root: 'AAPL1', date: '2025-01-17', right: 'P', strike: 172.5 });
    expect(parseOcc('F250117C00000500')).toEqual({ root: 'F', date: '2025-01-17', right: 'C', strike: 0.5 });
  });

  it('are refused with a bad root, date, right or strike', () => {
    for (const symbol of [
      '',
      '260722C07500000',
      'SPXW260732C07500000',
      'SPXW260229C07500000',
      'SPXW261301C07500000',
      'SPXW260722X07500000',
      'SPXW260722C0750000',
      'SPXW260722C00000000',
      'SPXW260722C075000.0',
      'spxw260722C07500000',
      'SPXWEEKL260722C07500000',
      ' SPXW260722C07500000',
      'SPXW260722C07500000 ',
    ]) {
      expect(parseOcc(symbol), symbol).toBeUndefined();
    }
  });

  it('are written packed and padded', () => {
    expect(formatOcc(contract)).toBe('SPXW260722C07500000');
    expect(formatOcc(contract, true)).toBe('SPXW  260722C07500000');
    expect(formatOcc({ ...contract, strike: 0.1 + 0.2 })).toBeUndefined();
    expect(formatOcc({ ...contract, strike: 100_000 })).toBeUndefined();
  });

  it('come back as the contract they were written from', () => {
    const roots = fc.stringMatching(/^[A-Z]{1,5}\d?$/);
    const days = fc.integer({ min: Date.UTC(2000, 0, 1) / 86_400_000, max: Date.UTC(2099, 11, 31) / 86_400_000 });
    fc.assert(
      fc.property(
        roots,
        days,
        fc.constantFrom('C', 'P'),
        fc.integer({ min: 1, max: 99_999_999 }),
        fc.boolean(),
        (root, day, right, mills, padded) => {
          const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
          const option = { root, date, right, strike: mills / 1000 } as const;
          expect(parseOcc(formatOcc(option, padded) ?? '')).toEqual(option);
        },
      ),
    );
  });
});
