import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

const json = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

type Version = readonly number[];

function compare(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The numbers that are written down: `20.x` and `20.*` are `[20]`, `*` is `[]`. */
function parseVersion(text: string): Version {
  return text.split('.').flatMap((part) => (/^\d+$/.test(part) ? [Number(part)] : []));
}

/** Whether a version is in a range of package.json: alternatives of comparators >=, >, <=, <, =, ^, ~ or none. */
function inRange(version: Version, range: string): boolean {
  return range.split('||').some((alternative) =>
    alternative
      .trim()
      .replace(/([<>=^~])\s+/g, '$1')
      .split(/\s+/)
      .every((comparator) => {
        const [, operator = '', text = ''] = /^([<>=^~]*)(.*)$/.exec(comparator) ?? [];
        const bound = parseVersion(text);
        const order = compare(version, bound);
        if (operator === '^') return order >= 0 && version[0] === bound[0];
        if (operator === '~') return order >= 0 && version[0] === bound[0] && version[1] === (bound[1] ?? version[1]);
        if (operator === '' || operator === '=') return bound.every((part, i) => part === version[i]);
        return { '>=': order >= 0, '>': order > 0, '<=': order <= 0, '<': order < 0 }[operator] ?? false;
      }),
  );
}

test.each([
  ['>=20.19', true],
  ['>= 22', false],
  ['^20.12||^22||>=24', true],
  ['^18.0.0 || >=22', false],
  ['20.x || 22.x', true],
  ['18 || 22', false],
  ['>=16 || 14 >=14.17', true],
  ['>=20.19.1', false],
  ['>=18 <20', false],
  ['*', true],
])('Node 20.19.0 in %j is %j', (range, expected) => {
  expect(inRange([20, 19, 0], range)).toBe(expected);
});

test('the oldest Node of package.json is in the range of every package of the lock file', () => {
  const oldest = parseVersion(json('package.json').engines.node.replace('>=', ''));
  const packages: [string, { engines?: { node?: string } }][] = Object.entries(json('package-lock.json').packages);
  const refused = packages.filter(([, { engines }]) => engines?.node && !inRange(oldest, engines.node));
  expect(packages.length).toBeGreaterThan(100);
  expect(refused.map(([name, { engines }]) => `${name} wants ${engines?.node}`)).toEqual([]);
});

test('the lock file holds no download addresses', () => {
  expect(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')).not.toContain('"resolved": "http');
});

test('the SQLite addon loads on this Node', () => {
  const database = new Database(':memory:');
  expect(database.prepare('select 6 * 7 as answer').get()).toEqual({ answer: 42 });
  database.close();
});
