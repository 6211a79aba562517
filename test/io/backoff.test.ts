import { describe, expect, it } from 'vitest';
import { backoffMs, retryAfterMs } from '../../src/io/backoff.js';

describe('retryAfterMs', () => {
  const now = Date.parse('2025-11-14T12:00:00Z');
  it.each([
    ['7', 7000],
    ['0', 0],
    ['Fri, 14 Nov 2025 12:00:30 GMT', 30_000],
    ['Fri, 14 Nov 2025 11:00:00 GMT', 0],
    ['86400', 300_000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});

describe('backoffMs', () => {
  it('doubles up to a minute, and takes any part of that', () => {
    expect([1, 2, 3, 4, 9, 99].map((failures) => backoffMs(failures, 1000, () => 1))).toEqual([
      1000, 2000, 4000, 8000, 60_000, 60_000,
    ]);
    expect(backoffMs(3, 1000, () => 0.25)).toBe(1000);
    expect(backoffMs(3, 1000, () => 0)).toBe(0);
  });
});
