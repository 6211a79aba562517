// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is the syntax of the configuration
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { ended, gex, startGex } from '../helpers/gex.js';
import { startReceiver } from '../helpers/receiver.js';
import { tinyDisk } from '../helpers/tiny-disk.js';
import { dayFile, end, type Vendor, vendor } from '../helpers/vendor.js';

const DATE = '2025-11-14';
const FULL = `${DATE}/SPX/classic/gex_full`;
const ZERO = `${DATE}/SPX/classic/gex_zero`;
const ONE = `${DATE}/SPX/classic/gex_one`;
const NAMES = [FULL, ZERO, ONE];

const FAST = ['--rate', '1000', '--retry-delay', '0'];
const ALL = ['--orderflow', 'true', '--state-categories', 'all'];

const arrays = (rows = 30): Record<string, Buffer> =>
  Object.fromEntries(NAMES.map((name) => [name, dayFile(name, rows).array]));

const envOf = (server: { url: string }) => ({ GEXBOT_BASE_URL: server.url, GEXBOT_API_KEY: 'gexbot_custom_1' });

/** Downloads the classic files of the date from a scripted vendor. */
function fetchFrom(server: Vendor, folder: string, ...more: string[]) {
  return gex(['download', DATE, '--state', 'false', ...FAST, ...more], { folder, env: envOf(server) });
}

function recordFiles(root: string): string[] {
  const found = existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : [];
  return found.filter((path) => path.endsWith('.jsonl') && !path.startsWith('.')).sort();
}

/** Starts `gex serve` and gives its address. */
async function serve(root: string): Promise<{ url: string; log: () => string }> {
  const child = startGex(['serve', '--data-dir', root, '--port', '0', '--json', '--ws-enabled', 'false', '-v']);
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url: JSON.parse(line).url, log: () => log };
}

describe('against gex serve of a synthesised day', () => {
  test('a download is byte-identical, a second one fetches nothing, and gex serve replays it (checks 35 and 38)', async () => {
    const [made, fetched] = [tempFolder(), tempFolder()];
    const range = ['--date', DATE, '--start', '15:30', '--end', '16:00', '--interval', '30s', '--seed', '7'];
    expect((await gex(['synth', ...range, '--data-dir', made])).code).toBe(0);
    const server = await serve(made);
    const command = ['download', DATE, '--tickers', 'SPX,SPY', '--data-dir', fetched, ...ALL, ...FAST, '--json'];

    const first = await gex(command, { env: envOf(server) });
    expect(first.code).toBe(0);
    const report = JSON.parse(first.stdout);
    expect(report).toMatchObject({
      schema: 'gex-download/1',
      cells: { total: 30, fetched: 15, missing: 15, failed: 0, suspicious: 0 },
    });
    expect(recordFiles(fetched)).toEqual(recordFiles(made));
    for (const path of recordFiles(made)) {
      expect(readFileSync(join(fetched, path)).equals(readFileSync(join(made, path)))).toBe(true);
    }

    const filesSent = () => server.log().split('/files/').length;
    const before = filesSent();
    const second = await gex(command, { env: envOf(server) });
    expect(JSON.parse(second.stdout).cells).toMatchObject({ held: 15, fetched: 0, missing: 15 });
    expect(filesSent()).toBe(before);

    const replay = await serve(fetched);
    const answer = await fetch(`${replay.url}/v2/SPX/classic/gex_full`, {
      headers: { authorization: 'Bearer gexbot_custom_1', 'user-agent': 'check/1' },
    });
    const [firstLine] = readFileSync(join(made, `${FULL}.jsonl`), 'utf8').split('\n');
    expect(await answer.text()).toBe(firstLine);
  });
});

describe('what the user is told', () => {
  test("--dry-run prints each file in the vendor's words without key, network or a trace (check 39, trap 43)", async () => {
    const folder = tempFolder();
    const { code, stdout, stderr } = await gex(['download', DATE, '--tickers', 'SPX,SPY', '--dry-run', ...ALL], {
      folder,
      env: { GEXBOT_BASE_URL: 'http://127.0.0.1:1' },
    });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(30);
    expect(lines[0]).toBe(`Would download: ${FULL}`);
    expect(stderr).toContain('30 to fetch with 60 requests: their size is unknown, none is held yet');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('--dry-run tells sizes and time from what is held', async () => {
    const folder = tempFolder();
    const server = await vendor(arrays());
    expect((await fetchFrom(server, folder)).code).toBe(0);
    const next = ['download', '2025-11-13', DATE, '--state', 'false', '--dry-run', ...FAST];
    const { stdout, stderr } = await gex(next, { folder });
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stderr).toMatch(/3 files are held; 3 to fetch with 6 requests: about 0\.0 MB, about \d+ s/);
    const json = JSON.parse((await gex([...next, '--json'], { folder })).stdout);
    expect(json).toMatchObject({ schema: 'gex-download/1', dryRun: true, held: 3, estimate: { requests: 6 } });
    expect(json.estimate.bytes).toBe(NAMES.reduce((sum, name) => sum + dayFile(name, 30).lines.length, 0));
  });

  test('a missing key is one sentence that names the variable, the one of the YAML file too (trap 39)', async () => {
    const folder = tempFolder();
    const plain = await gex(['download', DATE], { folder });
    expect([plain.code, plain.stderr.trimEnd().split('\n').at(-1)]).toEqual([
      3,
      'gex: no GexBot API key: it is in no layer; set GEXBOT_API_KEY in the environment or in .env',
    ]);
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(join(folder, 'configs'));
    writeFileSync(join(folder, 'configs/default.yaml'), 'api:\n  api_key: ${MY_KEY}\n');
    const named = await gex(['download', DATE], { folder });
    expect(named.code).toBe(3);
    expect(named.stderr).toContain('configs/default.yaml:2 takes it from MY_KEY, which is not set; set MY_KEY');
    expect((await gex(['download', DATE, '--dry-run'], { folder })).code).toBe(0);
  });

  test('unknown names and bad dates are refused (trap 40)', async () => {
    const folder = tempFolder();
    const cases: [string[], number, RegExp][] = [
      [[DATE, '--packages', 'stat'], 2, /unknown package stat \(did you mean state\?\)/],
      [[DATE, '--tickers', 'SPXX'], 2, /unknown ticker SPXX \(did you mean SPXW?\?\)/],
      [['2025-13-01'], 2, /found "2025-13-01"; give a date/],
      [[], 2, /which dates\?/],
      [[DATE, '--lookback', '3'], 2, /not both/],
      [['2025-11-15', '2025-11-16'], 7, /no market days from 2025-11-15 to 2025-11-16 \(Saturday, Sunday\)/],
      [['2049-11-15'], 7, /no market days/],
    ];
    for (const [args, code, sentence] of cases) {
      const result = await gex(['download', ...args], { folder, env: { GEXBOT_API_KEY: 'x' } });
      expect([args, result.code]).toEqual([args, code]);
      expect(result.stderr).toMatch(sentence);
    }
  });

  test('a table by ticker and day, what failed with a sentence, and exit code 8', async () => {
    const folder = tempFolder();
    const server = await vendor({ [FULL]: dayFile(FULL, 30).array, [ZERO]: Buffer.from('{"error":"quota"}') });
    const { code, stdout, stderr } = await fetchFrom(server, folder);
    expect(code).toBe(8);
    const megabytes = (dayFile(FULL, 30).lines.length / 1e6).toFixed(1);
    expect(stdout.split('\n')).toEqual([
      'date\tticker\theld\tfetched\tmissing\tfailed\tMB',
      `${DATE}\tSPX\t0\t1\t1\t1\t${megabytes}`,
      `total\t\t0\t1\t1\t1\t${megabytes}`,
      '',
    ]);
    expect(stderr).toContain('1 of 3 files failed:');
    expect(stderr).toMatch(new RegExp(`${ZERO}: .*array`));
  });

  test.each([401, 403])('%i is one clear message and exit code 3; the key is nowhere to be read', async (status) => {
    const folder = tempFolder();
    const server = await vendor(arrays());
    server.behave((request, response) => {
      end(response, status, `{"error":"key ${request.authorization} is not known"}`);
      return true;
    });
    const { code, stdout, stderr } = await fetchFrom(server, folder, '-v');
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain(String(status));
    expect(stderr).not.toContain('gexbot_custom_1');
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });
});

describe('interruptions and full disks', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends within a second with 130, and the next run resumes (trap 38)',
    async (signal) => {
      const folder = tempFolder();
      const server = await vendor(arrays(2000));
      const body = dayFile(FULL, 2000).array;
      server.behave(({ name, kind, turn }, response) => {
        if (name !== FULL || kind !== 'file' || turn > 1) return false;
        response.writeHead(200, { 'content-length': body.length, etag: '"whole"' }).write(body.subarray(0, 50_000));
        return true;
      });
      const child = startGex(['download', DATE, '--state', 'false', ...FAST], { folder, env: envOf(server) });
      const part = join(folder, 'data/.staging/download', `${FULL}.part`);
      await expect.poll(() => existsSync(part) && readFileSync(part).length, { timeout: 10_000 }).toBe(50_000);
      await expect.poll(() => recordFiles(join(folder, 'data')).length).toBe(2);
      const sentMs = performance.now();
      child.kill(signal);
      const { code, stderr } = await ended(child);
      expect(performance.now() - sentMs).toBeLessThan(1000);
      expect(code).toBe(130);
      expect(stderr).toContain(`stopped by ${signal}`);
      expect(recordFiles(join(folder, 'data'))).toEqual([`${ONE}.jsonl`, `${ZERO}.jsonl`]);
      server.behave(({ name, kind, range }, response) => {
        if (name !== FULL || kind !== 'file') return false;
        expect(range).toBe('bytes=50000-');
        const headers = { 'content-range': `bytes 50000-${body.length - 1}/${body.length}`, etag: '"whole"' };
        response.writeHead(206, headers).end(body.subarray(50_000));
        return true;
      });
      expect((await fetchFrom(server, folder)).code).toBe(0);
      expect(readFileSync(join(folder, 'data', `${FULL}.jsonl`)).equals(dayFile(FULL, 2000).lines)).toBe(true);
      expect(server.fileRequests(ZERO)).toHaveLength(1);
    },
  );

  test('a full disk ends the run with 6 and a sentence, and never leaves a cut file', async ({ skip }) => {
    const disk = tinyDisk(1500);
    if (disk === undefined) return skip('a tiny disk cannot be mounted here');
    const rows = 2000;
    const server = await vendor(arrays(rows));
    const { code, stderr } = await fetchFrom(server, disk, '--data-dir', disk, '--workers', '1');
    expect(code).toBe(6);
    expect(stderr).toContain('the disk is full');
    const whole = NAMES.map((name) => [`${name}.jsonl`, dayFile(name, rows).lines] as const);
    for (const path of recordFiles(disk)) {
      const lines = whole.find(([name]) => name === path)?.[1];
      expect(lines && readFileSync(join(disk, path)).equals(lines)).toBe(true);
    }
  });

  test('two processes on one folder fetch each file once', async () => {
    const folder = tempFolder();
    const server = await vendor(arrays());
    const command = ['download', DATE, '--state', 'false', ...FAST, '--json'];
    const results = await Promise.all([1, 2].map(() => gex(command, { folder, env: envOf(server) })));
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    const cells = results.map(({ stdout }) => JSON.parse(stdout).cells);
    expect(cells.map(({ held, fetched }) => held + fetched)).toEqual([3, 3]);
    expect(cells[0].fetched + cells[1].fetched).toBe(3);
    for (const name of NAMES) expect(server.fileRequests(name)).toHaveLength(1);
  });

  test('two processes on one folder share the rate: 4 a second and a burst of 8 for both together', async () => {
    const folder = tempFolder();
    const server = await vendor({});
    const commands = ['SPX', 'SPY'].map((ticker) => ['download', DATE, '--tickers', ticker, '--rate', '4', ...ALL]);
    await Promise.all(commands.map((command) => gex(command, { folder, env: envOf(server) })));
    const at = server.requests.map(({ atMs }) => atMs);
    expect(at).toHaveLength(30);
    // Apart they would take 1.75 s each: 15 requests less the burst of 8, at 4 a second.
    expect(Math.max(...at) - Math.min(...at)).toBeGreaterThan(4500);
  });
});

describe('messages', () => {
  const listen = (receiver: { url: string }) => ({
    NTFY_ENABLED: 'true',
    NTFY_SERVER: receiver.url,
    NTFY_TOPIC: 'gex',
  });

  test('one is sent about each run, good or bad, and none about a dry run', async () => {
    const receiver = await startReceiver();
    const good = await vendor(arrays());
    const folder = tempFolder();
    const run = (server: Vendor, ...more: string[]) =>
      gex(['download', DATE, '--state', 'false', ...FAST, ...more], {
        ...{ folder },
        env: { ...envOf(server), ...listen(receiver) },
      });
    expect((await run(good, '--dry-run')).code).toBe(0);
    expect((await run(good)).code).toBe(0);
    good.behave((_, response) => {
      end(response, 401, '{"error":"bad key"}');
      return true;
    });
    expect((await run(good, '--force')).code).toBe(3);
    expect(receiver.requests.map(({ headers }) => headers.title)).toEqual([
      ...[`Download Complete: ${DATE}`, `Download Failed: ${DATE}`],
    ]);
    expect(receiver.requests[0]?.body).toMatch(/^Total: 3\nSuccess: 3\n/);
  });

  test('settings of messages that do not fit are a warning', async () => {
    const { url } = await vendor(arrays());
    const env = { ...envOf({ url }), NTFY_ENABLED: 'true' };
    const { code, stderr } = await gex(['download', DATE, '--state', 'false', ...FAST], { folder: tempFolder(), env });
    expect(code).toBe(0);
    expect(stderr).toContain('no message is sent: NTFY_ENABLED is true without NTFY_TOPIC');
  });
});
