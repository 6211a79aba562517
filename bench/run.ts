// `npm run bench [NAME...]`: runs every bench/NAME.bench.ts, or those named, and prints its figures. Each file exports
// `bench(): Promise<readonly Figure[]>`. Exit code 1 when a promise is missed.
import { readdirSync } from 'node:fs';
import type { Figure } from './figure.js';

const SUFFIX = '.bench.ts';
const all = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}: there are ${all.join(', ')}`);

for (const name of wanted.length > 0 ? wanted : all) {
  const { bench }: { bench: () => Promise<readonly Figure[]> } = await import(`./${name}${SUFFIX}`);
  for (const figure of await bench()) {
    if (!kept(figure)) process.exitCode = 1;
    console.log(`${name.padEnd(10)} ${describe(figure)}`);
  }
}

function kept({ value, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Figure): boolean {
  return value >= atLeast && value <= atMost;
}

function describe(figure: Figure): string {
  const { name, value, unit, atLeast, atMost, note } = figure;
  const limit = atLeast !== undefined ? `>= ${atLeast}` : atMost !== undefined ? `<= ${atMost}` : '';
  const verdict = limit === '' ? '' : `${kept(figure) ? 'ok' : 'MISSED'} (${limit})`;
  const measured = `${value >= 100 ? value.toFixed(0) : value.toFixed(2)} ${unit}`;
  return `${name.padEnd(46)} ${measured.padEnd(30)} ${verdict.padEnd(18)} ${note ?? ''}`.trimEnd();
}
