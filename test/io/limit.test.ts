import { expect, it } from 'vitest';
import { mapLimited } from '../../src/io/limit.js';

/** Work whose items end when the test says so. */
function controlled() {
  const begun: number[] = [];
  const ends = new Map<number, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const work = (item: number): Promise<string> => {
    begun.push(item);
    return new Promise((resolve, reject) => ends.set(item, { resolve, reject }));
  };
  return { begun, ends, work };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('keeps at most the given number under way and answers in the order of the items', async () => {
  const { begun, ends, work } = controlled();
  const all = mapLimited([1, 2, 3], 2, work);
  await turn();
  expect(begun).toEqual([1, 2]);
  ends.get(2)?.resolve('two');
  await turn();
  expect(begun).toEqual([1, 2, 3]);
  ends.get(3)?.resolve('three');
  ends.get(1)?.resolve('one');
  expect(await all).toEqual(['one', 'two', 'three']);
});

it('begins nothing after a failure, waits for what is under way, and throws the first failure', async () => {
  const { begun, ends, work } = controlled();
  let settled = false;
  const all = mapLimited([1, 2, 3, 4], 2, work).finally(() => {
    settled = true;
  });
  all.catch(() => undefined);
  await turn();
  ends.get(1)?.reject(new Error('first'));
  await turn();
  expect([begun, settled]).toEqual([[1, 2], false]);
  ends.get(2)?.reject(new Error('second'));
  await expect(all).rejects.toThrow('first');
  expect(begun).toEqual([1, 2]);
});

it('keeps results that are lists as they are', async () => {
  expect(await mapLimited([1, 2], 4, (item) => Promise.resolve([item]))).toEqual([[1], [2]]);
});
