import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSpecialDays } from '../../src/config/special-days.js';
import { tempFolder } from '../helpers/folder.js';
import { gex } from '../helpers/gex.js';

function file(text: string): string {
  const path = join(tempFolder(), 'days.yaml');
  writeFileSync(path, text);
  return path;
}

it('reads days off, regular days and other hours, from YAML and JSON', async () => {
  const rows = [
    { date: '2027-03-10', name: 'Mourning', session: 'closed' },
    { date: '2026-11-27', name: 'Full Friday', session: 'regular' },
    { date: '2026-12-23', name: 'Short Wednesday', session: { close: '13:00' } },
  ];
  expect(await readSpecialDays(file(JSON.stringify(rows)))).toEqual(rows);
  const yaml =
    '- {date: 2027-03-10, name: Mourning, session: closed}\n- date: 2026-12-23\n  name: Short\n  session: {close: "13:00"}\n';
  expect(await readSpecialDays(file(yaml))).toEqual([rows[0], { ...rows[2], name: 'Short' }]);
});

it('lists every wrong row in one error', async () => {
  const text = '- {date: 2027-02-30, name: A, session: closed}\n- {date: 2027-02-01, session: shut, hours: 3}\n- 7\n';
  await expect(readSpecialDays(file(text))).rejects.toMatchObject({
    kind: 'usage',
    details: [
      'row 1: date "2027-02-30": write YYYY-MM-DD',
      'row 2: name is missing',
      'row 2: session "shut": write closed, regular or {open: "HH:MM", close: "HH:MM"}',
      'row 2: unknown key hours',
      'row 3: found 7',
    ],
  });
  await expect(readSpecialDays(file('a: 1'))).rejects.toThrow(/is no list of special days/);
  await expect(readSpecialDays('/nothing/here.yaml')).rejects.toThrow(/cannot be read; check --calendar-file/);
});

it('a day off in the file closes the exchange for every command and moves its expiries', async () => {
  const days = file('- {date: 2026-08-21, name: Mourning, session: closed}\n');
  const synth = ['synth', '--date', '2026-08-21', '--seed', '1'];
  const refused = await gex([...synth, '--calendar-file', days], { folder: tempFolder() });
  expect([refused.code, refused.stdout]).toEqual([2, '']);
  expect(refused.stderr).toContain('2026-08-21');

  const chain = JSON.stringify({
    schema: 'gex-chain/1',
    underlying: 'SPY',
    asOf: '2026-08-19T20:00:00Z',
    spot: 600,
    contracts: [{ right: 'C', strike: 600, expiry: '2026-08-21', openInterest: 1, iv: 0.2 }],
  });
  const compute = (env: Record<string, string>) => gex(['compute', '--chain', '-', '--json'], { input: chain, env });
  const [plain, moved] = await Promise.all([compute({}), compute({ GEX_CALENDAR_FILE: days })]);
  const years = (stdout: string): number => JSON.parse(stdout).byExpiry[0].years;
  expect(years(plain.stdout) * 365).toBeCloseTo(2, 12);
  expect(years(moved.stdout) * 365).toBeCloseTo(1, 12);
});
