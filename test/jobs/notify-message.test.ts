import { describe, expect, it } from 'vitest';
import { type RunOutcome, runMessage } from '../../src/jobs/notify-message.js';

const GOOD: RunOutcome = {
  dates: ['2025-11-14'],
  counts: { total: 45, success: 30, skipped: 12, missing: 3, failed: 0 },
  durationMs: 90_400,
  failures: [],
};

const failures = [1, 2, 3, 4, 5].map((n) => `2025-11-14/SPX/state/gex_${n}: answered 500`);

describe('the message of a run (contract section 4.10)', () => {
  it('that went well counts total, success, skipped, not found and duration', () => {
    const { event, title, lines } = runMessage(GOOD);
    expect([event, title]).toEqual(['success', 'Download Complete: 2025-11-14']);
    expect(lines).toEqual(['Total: 45', 'Success: 30', 'Skipped: 12', 'Not Found: 3', 'Duration: 1m30s']);
  });

  it('that failed counts total, success, failed, skipped and duration, the error and three of its files', () => {
    const counts = { total: 45, success: 28, skipped: 12, missing: 0, failed: 5 };
    const { event, title, lines } = runMessage({ ...GOOD, counts, failures });
    expect([event, title]).toEqual(['failure', 'Download Failed: 2025-11-14']);
    expect(lines).toEqual([
      ...['Total: 45', 'Success: 28', 'Failed: 5', 'Skipped: 12', 'Duration: 1m30s'],
      'Error: 5 downloads failed',
      ...failures.slice(0, 3),
      '... and 2 more',
    ]);
  });

  it('names no "more" when three files failed', () => {
    const counts = { ...GOOD.counts, failed: 3 };
    expect(runMessage({ ...GOOD, counts, failures: failures.slice(0, 3) }).lines.at(-1)).toBe(failures[2]);
  });

  it('is a failure when the run ended with an error, whatever the files', () => {
    const { event, lines } = runMessage({ ...GOOD, error: 'GEXBOT_API_KEY is not set' });
    expect([event, lines.at(-1)]).toEqual(['failure', 'Error: GEXBOT_API_KEY is not set']);
  });

  it('says when a failed day could be completed after all', () => {
    const { event, title } = runMessage({ ...GOOD, recovered: true });
    expect([event, title]).toEqual(['recovered', 'Download Recovered: 2025-11-14']);
  });

  it('joins several dates with commas, and names ten of a long outage', () => {
    const dates = Array.from({ length: 12 }, (_, i) => `2025-11-${10 + i}`);
    expect(runMessage({ ...GOOD, dates: dates.slice(0, 2) }).title).toBe('Download Complete: 2025-11-10, 2025-11-11');
    expect(runMessage({ ...GOOD, dates }).title).toMatch(/^Download Complete: 2025-11-10, .*, 2025-11-19 and 2 more$/);
  });

  it('stays below the 4,096 bytes of an ntfy message however long the errors are', () => {
    const long = { ...GOOD, error: 'e'.repeat(9000), failures: failures.map((line) => line + 'é\n'.repeat(5000)) };
    const { lines } = runMessage(long);
    expect(Buffer.byteLength(lines.join('\n'))).toBeLessThan(4096);
    expect(lines.every((line) => !line.includes('\n'))).toBe(true);
  });

  it.each([
    [0, '0s'],
    [59_600, '1m0s'],
    [3_605_000, '1h0m5s'],
  ])('writes %i ms as %s', (durationMs, text) => {
    expect(runMessage({ ...GOOD, durationMs }).lines).toContain(`Duration: ${text}`);
  });
});
