import type { StreamTick } from '../jobs/stream-tick.js';
import type { TextTable } from './ui.js';

/** One tick as an object of JSON; what is unknown is null. */
export function tickDocument(tick: StreamTick) {
  const { atMs, missing, ...figures } = tick;
  const known = Object.entries(figures).map(([name, value]) => [name, Number.isNaN(value) ? null : value]);
  return {
    schema: 'gex-stream/1',
    at: new Date(atMs).toISOString(),
    recorded: missing === undefined,
    missing: missing ?? null,
    ...Object.fromEntries(known),
  };
}

/** The newest tick of every underlying. */
export function tickTable(ticks: readonly StreamTick[]): TextTable {
  return {
    head: ['', 'time', 'spot', 'net GEX', 'zero gamma', 'call wall', 'put wall', 'age', 'contracts', 'rejects', 'gaps'],
    align: ['left', 'left', ...Array<'right'>(9).fill('right')],
    rows: ticks.map((tick) => [
      tick.ticker,
      new Date(tick.atMs).toISOString().slice(11, 19) + (tick.delayed ? ' delayed' : ''),
      price(tick.spot),
      tick.missing === undefined ? billions(tick.netGex) : shortened(tick.missing),
      price(tick.zeroGamma),
      price(tick.callWall),
      price(tick.putWall),
      Number.isNaN(tick.dataAgeMs) ? '-' : `${(tick.dataAgeMs / 1000).toFixed(1)} s`,
      `${tick.contracts} (${Math.round(100 * tick.quoted)} %)`,
      String(tick.rejects + tick.refused),
      String(tick.gaps),
    ]),
  };
}

const price = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(2));

const SHORT = 32;
const shortened = (text: string): string => (text.length > SHORT ? `${text.slice(0, SHORT - 3)}...` : text);

function billions(usd: number): string {
  if (Number.isNaN(usd)) return '-';
  return Math.abs(usd) >= 1e9 ? `${(usd / 1e9).toFixed(2)} bn` : `${(usd / 1e6).toFixed(1)} M`;
}
