import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { ended, gex, startGex } from '../helpers/gex.js';

const records = [{ timestamp: 1_767_623_400, spot: 6900.25 }, { timestamp: 1_767_623_401 }];
const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');

test('gex convert reports each file as JSON and in a table, and takes several paths', async () => {
  const folder = tempFolder();
  for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}.json`), JSON.stringify(records));
  const { code, stdout, stderr } = await gex(['convert', 'a.json', 'b.json', '--keep', '--json'], { folder });
  expect([code, stderr]).toEqual([0, expect.stringContaining('convert: 100 %')]);
  expect(JSON.parse(stdout)).toEqual({
    schema: 'gex-convert/1',
    ...{ converted: 2, held: 0, failed: 0, seconds: expect.any(Number) },
    files: ['a', 'b'].map((name) => ({
      ...{ path: `${name}.json`, target: `${name}.jsonl`, sourceBytes: JSON.stringify(records).length },
      ...{ state: 'converted', seconds: expect.any(Number), rows: 2, bytes: lines.length },
      ...{
        firstMs: 1_767_623_400_000,
        lastMs: 1_767_623_401_000,
        backwards: 0,
        outside: 0,
        gaps: 0,
        widestGapMs: null,
      },
    })),
  });
  expect(readFileSync(join(folder, 'b.jsonl'), 'utf8')).toBe(lines);
  const again = await gex(['convert', '.', '--force', '-q'], { folder });
  expect(again.stdout).toMatch(
    /^file\tstate\trows\tbytes\tMB\/s\na\.json\tconverted\t2\t\d+\t\d*\nb\.json\tconverted\t/,
  );
  expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'b.jsonl']);
});

test('gex convert does what it can, says what is wrong with the rest, and ends with exit 8', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'a.json'), '<html>');
  writeFileSync(join(folder, 'b.json.gz'), gzipSync(JSON.stringify(records)));
  writeFileSync(join(folder, 'c.json'), JSON.stringify(records));
  writeFileSync(join(folder, 'c.jsonl'), lines);
  const { code, stdout, stderr } = await gex(['convert', '.'], { folder });
  expect(code).toBe(8);
  expect(stdout.split('\n').map((line) => line.split('\t').slice(0, 3))).toEqual([
    ['file', 'state', 'rows'],
    ['a.json', 'failed', ''],
    ['b.json.gz', 'converted', '2'],
    ['c.json', 'held', ''],
    [''],
  ]);
  expect(stderr).toContain('1 of 3 files could not be converted:');
  expect(stderr).toContain('a.json: byte 0: found < where the [ of an array should be; is it an HTML page?');
  expect(stderr).toContain('the lines are there already; --force makes them again');
});

test('gex convert without a path or with one that is not there is one sentence', async () => {
  const folder = tempFolder();
  expect(await gex(['convert'], { folder })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("missing required argument 'PATH'"),
  });
  expect(await gex(['convert', 'none.json'], { folder })).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('cannot read none.json: it does not exist'),
  });
});

test('gex convert stops on Ctrl-C and leaves the array only', async () => {
  const folder = tempFolder();
  const record = Buffer.from(`{"timestamp":1767623400,"pad":"${'x'.repeat(10_000)}"}`);
  const block = Buffer.concat(Array.from({ length: 1000 }, () => Buffer.concat([Buffer.from(','), record])));
  writeFileSync(
    join(folder, 'a.json'),
    Buffer.concat([Buffer.from('['), record, ...Array(15).fill(block), Buffer.from(']')]),
  );
  const child = startGex(['convert', 'a.json'], { folder });
  let story = '';
  child.stderr.on('data', (bytes: Buffer) => {
    if (story === '') child.kill('SIGINT'); // a tenth is done
    story += bytes;
  });
  const { code } = await ended(child);
  expect(code).toBe(130);
  expect(readdirSync(folder)).toEqual(['a.json']);
});

const samples = fileURLToPath(new URL('../../../shared/data/gexbot', import.meta.url));

test.skipIf(!existsSync(samples))('gex serve plays what gex convert made of real records', async () => {
  const folder = tempFolder();
  const real = gunzipSync(readFileSync(join(samples, 'state_gex_SPX_2026-02-25_rt.jsonl.gz')))
    .toString()
    .trim();
  const day = join(folder, 'data/2026-02-25/SPX/state');
  mkdirSync(day, { recursive: true });
  writeFileSync(join(day, 'gex_zero.json.gz'), gzipSync(`[${real.split('\n').join(',')}]`));
  expect((await gex(['convert', 'data', '-q'], { folder })).code).toBe(0);
  expect(readFileSync(join(day, 'gex_zero.jsonl'), 'utf8')).toBe(`${real}\n`);
  const child = startGex(['serve', '--port', '0', '--json', '--quiet'], { folder });
  const [head] = (await new Promise<string>((resolve) => child.stdout.once('data', (b) => resolve(String(b))))).split(
    '\n',
  );
  const { url } = JSON.parse(head as string) as { url: string };
  const answer = await (await fetch(`${url}/SPX/state/gex_zero?key=test`)).json();
  expect(answer).toEqual(JSON.parse(real.split('\n')[0] as string));
  child.kill('SIGTERM');
});
