/**
 * Median milliseconds of each function, measured in interleaved rounds (a b c, a b c, ...) after warm-up, so that a busy
 * machine slows all of them alike and ratios keep their meaning.
 */
export function medians<Name extends string>(
  functions: Readonly<Record<Name, () => void>>,
  rounds = 60,
  warmups = 10,
): Record<Name, number> {
  const names = Object.keys(functions) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmups; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      functions[name]();
      if (round >= 0) times[name].push(performance.now() - start);
    }
  }
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number;
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}

/** Seeded uniform numbers in [0, 1) (mulberry32), apart from the engine's own generator. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}
