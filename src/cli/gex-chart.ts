import type { StrikeExposures } from '../core/levels.js';

/** One drawn line, cut in pieces so that the caller may paint them. */
interface ChartLine {
  readonly label: string;
  /** Puts grow to the left of the axis, calls to the right; both are padded to the same width. */
  readonly left: string;
  readonly right: string;
  readonly note: string;
}

interface ChartOptions {
  readonly spot: number;
  /** Strikes to show, those nearest to spot. */
  readonly strikes: number;
  /** Columns of the whole line. */
  readonly width: number;
  /** Words beside a strike, such as `call wall`. */
  readonly notes: (strike: number) => readonly string[];
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
/** There are no blocks that grow leftwards in eighths: halves. */
const RIGHT_HALF = '▐';
const FULL = '█';

/** Horizontal bars of gamma by strike around spot, highest strike first: negative to the left of the axis, positive to the right. */
export function gammaBars(rows: readonly StrikeExposures[], options: ChartOptions): ChartLine[] {
  const shown = nearestTo(rows, options.spot, options.strikes);
  const negative = (row: StrikeExposures): number => Math.max(0, -Math.min(row.callGex, 0) - Math.min(row.putGex, 0));
  const positive = (row: StrikeExposures): number => Math.max(row.callGex, 0) + Math.max(row.putGex, 0);
  const largest = shown.reduce((size, row) => Math.max(size, negative(row) || 0, positive(row) || 0), 0);
  const spotAt = nearestIndex(shown, options.spot);
  const notes = shown.map(({ strike }, i) =>
    [...(i === spotAt ? [`spot ${options.spot}`] : []), ...options.notes(strike)].join(', '),
  );
  const labels = shown.map((row) => String(row.strike));
  const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, text.length), 0);
  const half = Math.max(4, Math.floor((options.width - longest(labels) - longest(notes) - 3) / 2));
  const cells = (size: number): number => (largest > 0 ? ((size || 0) / largest) * half : 0);
  return shown.map((row, i) => ({
    label: (labels[i] as string).padStart(longest(labels)),
    left: leftBar(cells(negative(row))).padStart(half),
    right: rightBar(cells(positive(row))).padEnd(half),
    note: notes[i] as string,
  }));
}

function nearestIndex(rows: readonly StrikeExposures[], spot: number): number {
  const distances = rows.map((row) => Math.abs(row.strike - spot));
  return distances.indexOf(Math.min(...distances));
}

function nearestTo(rows: readonly StrikeExposures[], spot: number, count: number): StrikeExposures[] {
  const held = rows.filter((row) => row.absGex > 0);
  const nearest = [...held].sort((a, b) => Math.abs(a.strike - spot) - Math.abs(b.strike - spot)).slice(0, count);
  return nearest.sort((a, b) => b.strike - a.strike);
}

function rightBar(cells: number): string {
  const eighths = Math.round(cells * 8);
  return FULL.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] as string);
}

function leftBar(cells: number): string {
  const halves = Math.round(cells * 2);
  return (halves & 1 ? RIGHT_HALF : '') + FULL.repeat(halves >> 1);
}
