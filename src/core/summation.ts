/** Running sums that carry their rounding errors along (Neumaier), so that the order of the terms does not show. */
export interface Sums {
  readonly sum: Float64Array;
  readonly carry: Float64Array;
}

/** `length` sums, all zero. */
export function createSums(length: number): Sums {
  return { sum: new Float64Array(length), carry: new Float64Array(length) };
}

/** Adds `term` to the sum at `index`. */
export function add(sums: Sums, index: number, term: number): void {
  const sum = sums.sum[index] as number;
  const total = sum + term;
  const lost = Math.abs(sum) >= Math.abs(term) ? sum - total + term : term - total + sum;
  sums.carry[index] = (sums.carry[index] as number) + lost;
  sums.sum[index] = total;
}

/** The sum at `index`, rounded once. */
export function total(sums: Sums, index: number): number {
  return (sums.sum[index] as number) + (sums.carry[index] as number);
}
