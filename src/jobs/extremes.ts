/** Strike of the largest (`sign` 1) or smallest (-1) figure; NaN when none has that sign. The lower strike of a tie. */
export function strikeOfExtreme(strike: Float64Array, figure: Float64Array, sign: 1 | -1): number {
  let best = Number.NaN;
  let size = 0;
  for (let i = 0; i < strike.length; i++) {
    const value = sign * (figure[i] as number);
    if (value <= size || Number.isNaN(value)) continue;
    size = value;
    best = strike[i] as number;
  }
  return best;
}

/** Strike and size of the largest change between two columns; zeros when nothing changed. */
export function largestChange(
  strike: Float64Array,
  now: Float64Array,
  before: Float64Array,
): readonly [strike: number, change: number] {
  let best = 0;
  let change = 0;
  for (let i = 0; i < strike.length; i++) {
    const value = (now[i] as number) - (before[i] as number);
    if (Math.abs(value) <= Math.abs(change)) continue;
    change = value;
    best = strike[i] as number;
  }
  return [best, change];
}
