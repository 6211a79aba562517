import { newYorkDate } from '../core/calendar.js';
import type { ExposureProfile } from '../core/exposure.js';
import type { StrikeExposures } from '../core/levels.js';
import { compact, price, UNIT_WORDS } from './gex-words.js';

const WIDTH = 1000;
const MARGIN = { left: 84, right: 36 };
const BARS = { top: 96, height: 300 };
const CURVE = { top: 470, height: 190 };
const HEIGHT = 716;
const STRIKES = 61;

const COLOURS = { call: '#1a7f5a', put: '#c0392b', net: '#1f2937', curve: '#2456a6', mark: '#8a5a00', grid: '#e3e6ea' };

/** Maps a value onto pixels. */
type Scale = (value: number) => number;

/** Gamma exposure as an SVG picture: bars by strike around spot with the levels, and net gamma of the re-priced book over spot. */
export function gammaPicture(profile: ExposureProfile): string {
  const { chain, convention, totals, curve } = profile;
  const day = Number.isNaN(chain.asOfMs) ? '' : `, ${newYorkDate(chain.asOfMs)}`;
  const title = `${chain.underlying} gamma exposure${day}`;
  const zero = Number.isNaN(curve.zeroGamma) ? 'no zero gamma' : `zero gamma ${price(curve.zeroGamma)}`;
  const facts = `net ${compact(totals.netGex)} ${UNIT_WORDS[convention.unit]}, ${zero}, spot ${price(chain.spot)}`;
  const words = `preset ${convention.preset}, sign ${convention.sign}, weight ${convention.weight}, iv ${convention.iv}, greeks ${convention.greeks}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(title)}: ${escaped(facts)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(MARGIN.left, 34, title, { size: 21, weight: 600 }),
    text(MARGIN.left, 57, facts, { colour: '#374151' }),
    text(MARGIN.left, 77, words, { colour: '#6b7280', size: 12 }),
    ...bars(profile),
    ...netCurve(profile),
    '</svg>\n',
  ].join('\n');
}

function bars({ byStrike, chain, levels, curve }: ExposureProfile): string[] {
  const shown = nearest(byStrike, chain.spot);
  const [first, last] = [shown[0]?.strike ?? chain.spot, shown.at(-1)?.strike ?? chain.spot];
  const slot = (WIDTH - MARGIN.left - MARGIN.right) / Math.max(1, shown.length);
  const x = scale([first, last], [MARGIN.left + slot / 2, WIDTH - MARGIN.right - slot / 2]);
  const high = Math.max(0, ...shown.map((row) => Math.max(row.callGex, row.putGex, 0)));
  const low = Math.min(0, ...shown.map((row) => Math.min(row.callGex, row.putGex, 0)));
  const y = scale([low, high], [BARS.top + BARS.height, BARS.top]);
  const step = Math.min(...shown.slice(1).map((row, i) => row.strike - (shown[i]?.strike ?? row.strike)));
  const width = Math.max(1, 0.72 * Math.abs(x(first + step) - x(first)) || slot * 0.72);
  const column = (strike: number, value: number, colour: string): string =>
    value === 0 || Number.isNaN(value)
      ? ''
      : rect(x(strike) - width / 2, Math.min(y(0), y(value)), width, Math.abs(y(value) - y(0)), colour);
  const marks: Mark[] = [
    { at: levels.callWall, name: 'call wall', row: 0 },
    { at: levels.putWall, name: 'put wall', row: 1 },
    { at: curve.zeroGamma, name: 'zero gamma', row: 2 },
    { at: chain.spot, name: 'spot', row: 3 },
  ];
  return [
    ...axis(y, [low, high], BARS),
    ...shown.flatMap((row) => [
      column(row.strike, row.callGex, COLOURS.call),
      column(row.strike, row.putGex, COLOURS.put),
      tick(x(row.strike), y(row.netGex), width),
    ]),
    ...marks.filter(({ at }) => at >= first && at <= last).flatMap((mark) => markLine(mark, x)),
    ...strikeLabels(shown, x),
    legend(),
  ];
}

function netCurve({ curve, chain }: ExposureProfile): string[] {
  const { spot, netGex } = curve.profile;
  if (spot.length < 2) return [];
  const ends: Range = [spot[0] as number, spot[spot.length - 1] as number];
  const extent: Range = [netGex.reduce((a, b) => Math.min(a, b), 0), netGex.reduce((a, b) => Math.max(a, b), 0)];
  const x = scale(ends, [MARGIN.left, WIDTH - MARGIN.right]);
  const y = scale(extent, [CURVE.top + CURVE.height, CURVE.top]);
  const points = Array.from(spot, (at, i) => `${fixed(x(at))},${fixed(y(netGex[i] as number))}`).join(' ');
  const bottom = CURVE.top + CURVE.height;
  return [
    text(MARGIN.left, CURVE.top - 14, 'net gamma of the whole book, re-priced over spot', { weight: 600 }),
    ...axis(y, extent, CURVE),
    `<polyline points="${points}" fill="none" stroke="${COLOURS.curve}" stroke-width="2"/>`,
    line(x(chain.spot), CURVE.top, x(chain.spot), bottom, COLOURS.net, '4 3'),
    ...curve.zeros.map(
      (zero) => `<circle cx="${fixed(x(zero.spot))}" cy="${fixed(y(0))}" r="4" fill="${COLOURS.mark}"/>`,
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) => {
      const at = ends[0] + share * (ends[1] - ends[0]);
      return text(x(at), bottom + 20, price(at), { anchor: 'middle', colour: '#6b7280' });
    }),
  ];
}

interface Mark {
  readonly at: number;
  readonly name: string;
  /** Which of the stacked label rows above the bars it takes. */
  readonly row: number;
}

function markLine({ at, name, row }: Mark, x: Scale): string[] {
  const colour = name === 'spot' ? COLOURS.net : COLOURS.mark;
  const beyond = x(at) > WIDTH - 160;
  return [
    line(x(at), BARS.top, x(at), BARS.top + BARS.height, colour, name === 'spot' ? '4 3' : '1 3'),
    text(x(at) + (beyond ? -5 : 5), BARS.top + 12 + 16 * row, `${name} ${price(at)}`, {
      colour,
      anchor: beyond ? 'end' : 'start',
      halo: true,
    }),
  ];
}

function strikeLabels(shown: readonly StrikeExposures[], x: Scale): string[] {
  const every = Math.ceil(shown.length / 12);
  return shown
    .filter((_, i) => i % every === 0)
    .map(({ strike }) =>
      text(x(strike), BARS.top + BARS.height + 20, String(strike), { anchor: 'middle', colour: '#6b7280' }),
    );
}

function legend(): string {
  const rows = [
    [COLOURS.call, 'calls'],
    [COLOURS.put, 'puts'],
    [COLOURS.net, 'net'],
  ] as const;
  return rows
    .map(([colour, name], i) => {
      const at = WIDTH - MARGIN.right - 180 + 62 * i;
      return rect(at, 68, 10, 10, colour) + text(at + 15, 77, name, { colour: '#374151', size: 12 });
    })
    .join('');
}

type Range = readonly [low: number, high: number];

function axis(y: Scale, [low, high]: Range, { top, height }: { top: number; height: number }): string[] {
  const step = niceStep((high - low) / 5);
  const values: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) values.push(i * step);
  return values
    .filter((value) => y(value) >= top - 0.5 && y(value) <= top + height + 0.5)
    .flatMap((value) => [
      line(MARGIN.left, y(value), WIDTH - MARGIN.right, y(value), value === 0 ? '#9ca3af' : COLOURS.grid),
      text(MARGIN.left - 8, y(value) + 4, value === 0 ? '0' : compact(value, 2), {
        anchor: 'end',
        colour: '#6b7280',
        size: 12,
      }),
    ]);
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `least`. */
function niceStep(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

function nearest(rows: readonly StrikeExposures[], spot: number): StrikeExposures[] {
  const held = rows.filter((row) => row.absGex > 0);
  const close = held.sort((a, b) => Math.abs(a.strike - spot) - Math.abs(b.strike - spot)).slice(0, STRIKES);
  return close.sort((a, b) => a.strike - b.strike);
}

function scale([from, to]: Range, [start, end]: Range): Scale {
  return (value) => (to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start));
}

const fixed = (value: number): string => String(Math.round(value * 10) / 10);

const tick = (x: number, y: number, width: number): string =>
  Number.isNaN(y) ? '' : line(x - width / 2, y, x + width / 2, y, COLOURS.net);

const rect = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(height)}" fill="${fill}"/>`;

function line(x1: number, y1: number, x2: number, y2: number, stroke: string, dashes = ''): string {
  const pattern = dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${stroke}"${pattern}/>`;
}

interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly colour?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** A white edge, for words on top of bars. */
  readonly halo?: boolean;
}

function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  const { size = 13, weight = 400, colour = '#111827', anchor = 'start', halo = false } = style;
  const edge = halo ? ' paint-order="stroke" stroke="#ffffff" stroke-width="4"' : '';
  return `<text x="${fixed(x)}" y="${fixed(y)}" font-size="${size}" font-weight="${weight}" fill="${colour}" text-anchor="${anchor}"${edge}>${escaped(words)}</text>`;
}

const escaped = (words: string): string => words.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
