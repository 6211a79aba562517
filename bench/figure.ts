/** One measured line of a benchmark: a ratio of two timings of the same run, or a rate where no peer exists. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** What the value is, such as `x JSON.parse` or `MB/s`. */
  readonly unit: string;
  /** The promise that is kept or missed; absent where the value only informs. */
  readonly atLeast?: number;
  readonly atMost?: number;
  /** What stands behind the value: both timings, sizes. */
  readonly note?: string;
}

/** Seconds of the fastest of `rounds` calls, after one call to warm up. */
export async function fastest(rounds: number, work: () => unknown): Promise<number> {
  await work();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}
