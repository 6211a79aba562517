import { newYorkDate } from '../core/calendar.js';
import type { Convention } from '../core/convention.js';
import type { ExposureProfile } from '../core/exposure.js';
import type { ComputeReport } from '../jobs/compute.js';
import { gammaBars } from './gex-chart.js';
import { compact, price, UNIT_WORDS } from './gex-words.js';
import type { Output } from './ui.js';

const CHART_STRIKES = 31;
const PIPE_WIDTH = 100;

/** The report of one computation for people: facts, convention, warnings and a chart of gamma by strike around spot. */
export async function printReport(report: ComputeReport, out: Output): Promise<void> {
  const { profile } = report;
  const width = out.isTerminal ? out.columns : PIPE_WIDTH;
  const facts = [...headline(report), ...figures(profile), ...settings(profile)];
  const warnings = profile.warnings.map((warning): Fact => ['warning', warning]);
  const nameWidth = Math.max(...facts.map(([name]) => name.length));
  const row = ([name, value]: Fact): string =>
    wrapped(value, width - nameWidth - 2)
      .map(
        (text, i) =>
          `${out.paint(name === 'warning' ? 'yellow' : 'bold', (i === 0 ? name : '').padEnd(nameWidth))}  ${text}\n`,
      )
      .join('');
  await out.write([...facts, ...warnings].map(row).join(''));
  await out.write(`\n${chart(profile, width, out)}`);
}

type Fact = readonly [name: string, value: string];

function headline({ profile, ageMs }: ComputeReport): Fact[] {
  const { chain, convention, curve, totals, levels } = profile;
  const unit = UNIT_WORDS[convention.unit];
  const by = convention.weight === 'volume' ? 'volume' : 'open interest';
  return [
    [
      'underlying',
      `${chain.underlying}, ${chain.contracts.length} contracts from ${chain.source.kind} ${chain.source.name}`,
    ],
    ['as of', asOf(chain.asOfMs, ageMs)],
    ['spot', `${chain.spot}${convention.spotSource === 'chain' ? '' : ` (${convention.spotSource})`}`],
    [
      'net GEX',
      `${compact(totals.netGex)} ${unit}: calls ${compact(totals.callGex)}, puts ${compact(totals.putGex)}, by ${by}`,
    ],
    ['zero gamma', Number.isNaN(curve.zeroGamma) ? `none: ${curve.reason}` : zeros(profile)],
    ['call wall', price(levels.callWall)],
    ['put wall', price(levels.putWall)],
    ['largest gamma', price(levels.absGammaStrike)],
  ];
}

function zeros({ curve, chain }: ExposureProfile): string {
  const { zeros: all, zeroGamma, range } = curve;
  const [low, high] = range.map((multiple) => price(multiple * chain.spot));
  const headline = all.find((zero) => zero.spot === zeroGamma);
  const turn = (headline?.slope ?? 0) > 0 ? 'short below, long above' : 'long below, short above';
  const count = all.length === 1 ? 'the only zero' : `the nearest of ${all.length} zeros`;
  return `${price(zeroGamma)} (dealers ${turn}; ${count} from ${low} to ${high})`;
}

function figures({ chain, levels, totals, coverage, convention }: ExposureProfile): Fact[] {
  const pain = levels.maxPain
    .map((entry) => ({ ...entry, listed: chain.contracts.expiries[entry.expiry] }))
    .filter(({ listed, strike }) => !Number.isNaN(strike) && !((listed?.expiryMs ?? 0) <= chain.asOfMs))
    .sort((a, b) => (a.listed?.expiryMs ?? 0) - (b.listed?.expiryMs ?? 0))[0];
  const ratio = levels.putCallRatio;
  const excluded = Object.entries(coverage.excluded).map(([reason, count]) => `${reason} ${count}`);
  const share = Number.isNaN(coverage.openInterestShare)
    ? 'no'
    : `${(100 * coverage.openInterestShare).toFixed(1)} % of`;
  const sign = convention.sign;
  return [
    ['OI walls', `calls ${price(levels.callOiWall)}, puts ${price(levels.putOiWall)}`],
    ['max pain', pain ? `${pain.strike} (${pain.listed?.root} ${pain.listed?.label})` : 'none: no open interest'],
    ['put/call', `${decimals(ratio.openInterest)} by open interest, ${decimals(ratio.volume)} by volume`],
    ['delta', `market ${compact(totals.dexMarket)} USD, dealers (${sign}) ${compact(totals.dexDealer)} USD`],
    ['vanna', rate(totals.vexDealer, 'volatility point')],
    ['charm', rate(totals.chexDealer, 'day')],
    [
      'coverage',
      `${coverage.priced} of ${coverage.contracts} contracts priced, ${share} open interest${excluded.length > 0 ? `; left out: ${excluded.join(', ')}` : ''}`,
    ],
  ];
}

const rate = (value: number, per: string): string =>
  Number.isNaN(value) ? 'unknown: the chain states none' : `dealers ${compact(value)} USD of delta per ${per}`;

function settings({ convention, chain }: ExposureProfile): Fact[] {
  return [['convention', conventionWords(convention, chain.model)]];
}

/** The convention in one line. */
function conventionWords(convention: Convention, model: string): string {
  const { preset, unit, sign, weight, clock, iv, greeks, forward, rate, dividendYield, sweep } = convention;
  const yieldWords =
    forward === 'implied' ? 'forwards implied' : `yield ${dividendYield} (${convention.dividendYieldOrigin})`;
  const ranges = sweep.rungs.map(([low, high]) => `${low}-${high}`).join(', then ');
  return [
    `preset ${preset}`,
    unit,
    `sign ${sign}`,
    `weight ${weight}`,
    `clock ${clock}`,
    `iv ${iv}`,
    `greeks ${greeks}`,
    `model ${model}`,
    `rate ${rate} (${convention.rateOrigin})`,
    yieldWords,
    `zeros ${sweep.root} over ${ranges}`,
  ].join(', ');
}

function chart(profile: ExposureProfile, width: number, out: Output): string {
  const { chain, levels, byStrike } = profile;
  const marks: readonly (readonly [strike: number, name: string])[] = [
    [levels.callWall, 'call wall'],
    [levels.putWall, 'put wall'],
    [levels.absGammaStrike, 'largest gamma'],
  ];
  const bars = gammaBars(byStrike, {
    spot: chain.spot,
    strikes: CHART_STRIKES,
    width,
    notes: (strike) => marks.filter(([at]) => at === strike).map(([, name]) => name),
  });
  const lines = bars.map(({ label, left, right, note }) => {
    const line = `${label} ${out.paint('red', left)}│${out.paint('green', right)} ${note}`;
    return line.trimEnd();
  });
  return `gamma exposure by strike, negative left, positive right (${UNIT_WORDS[profile.convention.unit]})\n${lines.join('\n')}\n`;
}

function asOf(asOfMs: number, ageMs: number): string {
  if (Number.isNaN(asOfMs)) return 'unknown';
  const text = `${newYorkDate(asOfMs)} ${newYorkTime.format(asOfMs)} New York`;
  return Number.isNaN(ageMs) ? `${text} (as given)` : `${text}, ${age(ageMs)}`;
}

const newYorkTime = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', timeStyle: 'medium' });

const AGES: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
];

function age(ageMs: number): string {
  if (ageMs < 0) return 'ahead of this clock';
  const [ms, name] = AGES.find(([unit]) => ageMs >= 2 * unit) ?? [1000, 'second'];
  const count = Math.floor(ageMs / ms);
  return `${count} ${name}${count === 1 ? '' : 's'} old`;
}

const decimals = (value: number): string => (Number.isNaN(value) ? 'unknown' : value.toFixed(2));

/** Breaks at commas and spaces so that no line is wider than `width`. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
