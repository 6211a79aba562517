import { describe, expect, it } from 'vitest';
import { Library } from '../../src/server/library.js';

/** A library of one stream whose file only notes that it was closed. */
function library() {
  const closed: string[] = [];
  const records = {
    path: 'gex_full.jsonl',
    length: 1,
    bytes: 3,
    tornBytes: 0,
    line: () => Buffer.from('{}'),
    timestampMs: async () => 0,
    indexAt: async () => 0,
    close: async () => void closed.push('gex_full.jsonl'),
  };
  const key = { date: '2026-04-29', ticker: 'SPX', package: 'classic', category: 'gex_full' } as const;
  const counters = { chain: 'a', majors: 'b', maxchange: 'c', socket: 'd' };
  return { closed, day: new Library({ date: key.date, held: [key.date], missing: [] }, [{ key, records, counters }]) };
}

describe('library', () => {
  it('finds a stream by its full name and by its alias, in its own package only', () => {
    const { day } = library();
    expect(day.find('SPX', 'classic', 'full')).toBe(day.find('SPX', 'classic', 'gex_full'));
    expect(day.find('SPX', 'classic', 'full')).toBeDefined();
    expect(day.find('SPX', 'state', 'full')).toBeUndefined();
    expect(day.find('spx', 'classic', 'full')).toBeUndefined();
  });

  it('closes its files only when the last read it holds has ended', async () => {
    const { day, closed } = library();
    const ends: (() => void)[] = [];
    const read = (): Promise<void> => day.hold(new Promise((resolve) => ends.push(resolve)));
    const reads = [read(), read()];
    const closing = day.close();
    ends[0]?.();
    await reads[0];
    expect(closed).toEqual([]);
    ends[1]?.();
    await Promise.all([...reads, closing]);
    expect(closed).toEqual(['gex_full.jsonl']);
  });

  it('closes after a read that failed', async () => {
    const { day, closed } = library();
    const read = day.hold(Promise.reject(new Error('disk')));
    const closing = day.close();
    await expect(read).rejects.toThrow('disk');
    await closing;
    expect(closed).toHaveLength(1);
  });
});
