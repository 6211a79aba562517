import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { NYSE } from '../../src/core/calendar.js';
import { createSchedule } from '../../src/jobs/daemon-schedule.js';
import { daysLeft } from '../../src/jobs/vendor-window.js';
import { tempFolder } from '../helpers/folder.js';
import { ended, gex, startGex } from '../helpers/gex.js';
import { dayFile, end, type Vendor, vendor } from '../helpers/vendor.js';

/** The newest session that is due half an hour after its close, as `--once` and `--hour 0` see it. */
const DATE = createSchedule().last(Date.now()).date;
const NAMES = ['gex_full', 'gex_zero', 'gex_one'].map((category) => `${DATE}/SPX/classic/${category}`);
const FILES = Object.fromEntries(NAMES.map((name) => [name, dayFile(name, 100)]));
const ARRAYS = Object.fromEntries(NAMES.map((name) => [name, FILES[name]?.array ?? Buffer.alloc(0)]));

const OPTIONS = ['--state', 'false', '--catch-up', 'none', '--hour', '0', '--rate', '1000', '--retries', '0'];
const envOf = ({ url }: { url: string }) => ({ GEXBOT_BASE_URL: url, GEXBOT_API_KEY: 'gexbot_custom_1' });

const runOnce = (server: Vendor, folder: string, ...more: string[]) =>
  gex(['daemon', '--once', ...OPTIONS, ...more], { folder, env: envOf(server) });

/** A daemon process; `said` waits for a line of its story. */
function startDaemon(server: Vendor, folder: string, ...more: string[]) {
  const child = startGex(['daemon', ...OPTIONS, ...more], { folder, env: envOf(server) });
  const story: string[] = [];
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => story.push(line));
  const said = (part: string): Promise<void> =>
    expect.poll(() => story.join('\n'), { timeout: 30_000, interval: 20 }).toContain(part);
  return { child, story, said };
}

/** The vendor's answers to files do not come before `release` is called. */
function held(server: Vendor): { asked: Promise<void>; release: () => void } {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    server.behave(async ({ kind }) => {
      if (kind === 'link') return false;
      resolve();
      await gate;
      return false;
    });
  });
  return { asked, release };
}

async function statusOf(server: Vendor, folder: string, action = 'status') {
  const { stdout } = await gex(['daemon', action, ...OPTIONS, '--json'], { folder, env: envOf(server) });
  return JSON.parse(stdout);
}

const newestHole = async (server: Vendor, folder: string) => (await statusOf(server, folder)).holes.at(-1);

function expectWhole(folder: string): void {
  for (const name of NAMES) expect(readFileSync(join(folder, 'data', `${name}.jsonl`))).toEqual(FILES[name]?.lines);
}

describe('gex daemon --once', () => {
  test('fetches what is due, says so, and does nothing the second time', async () => {
    const [server, folder] = [await vendor(ARRAYS), tempFolder()];
    const first = await runOnce(server, folder);
    expect([first.code, first.stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^\\S+Z\tdone\t${DATE}\t3 fetched, 0 held, 0 not published, 0 failed\n$`)),
    ]);
    expectWhole(folder);
    expect(readFileSync(join(folder, 'data', '.daemon-state'), 'utf8')).toBe(`${DATE}\n`);
    const requests = server.requests.length;
    const second = await runOnce(server, folder, '--json');
    expect([second.code, JSON.parse(second.stdout)]).toEqual([
      0,
      { schema: 'gex-daemon-run/1', status: 'done', dates: [], holes: [] },
    ]);
    expect(server.requests).toHaveLength(requests);
    expect(readdirSync(join(folder, 'data')).filter((name) => name.includes('lock'))).toEqual([]);
  });

  test('ends with 8 when files are not published or fail, and says which', async () => {
    const [server, folder] = [await vendor({}), tempFolder()];
    const absent = await runOnce(server, folder, '--json');
    expect(absent.code).toBe(8);
    expect(absent.stderr).toContain(`gex: 3 files of ${DATE} are missing: the vendor has not published them yet`);
    expect(JSON.parse(absent.stdout)).toMatchObject({
      status: 'failed',
      holes: [{ date: DATE, unknown: 0, missing: 3, failed: 0 }],
    });
    server.behave((_, response) => {
      end(response, 500, '{"error":"down"}');
      return true;
    });
    const broken = await runOnce(server, folder, '--json');
    expect(broken.code).toBe(8);
    expect(JSON.parse(broken.stdout)).toMatchObject({
      counts: { failed: 3 },
      failures: [expect.stringContaining(NAMES[0] ?? ''), expect.anything(), expect.anything()],
      holes: [{ date: DATE, unknown: 0, missing: 0, failed: 3 }],
      error: `3 files of ${DATE} are missing: 3 failed`,
    });
    expect(existsSync(join(folder, 'data', '.daemon-state'))).toBe(false);
  });

  test('ends with 3 when the key is missing or refused', async () => {
    const [server, folder] = [await vendor(ARRAYS), tempFolder()];
    const keyless = await gex(['daemon', '--once'], { folder });
    expect([keyless.code, keyless.stderr]).toEqual([3, expect.stringMatching(/^gex: .*GEXBOT_API_KEY.*\n$/)]);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    server.behave((_, response) => {
      end(response, 401, '{"error":"bad key"}');
      return true;
    });
    expect((await runOnce(server, folder)).code).toBe(3);
    expect(await statusOf(server, folder, 'history')).toMatchObject({
      schema: 'gex-daemon-history/1',
      runs: [{ status: 'failed', dates: [DATE] }],
    });
  });
});

describe('gex daemon', () => {
  test('that is killed with -9 in the middle of a run leaves a run that is killed, and the next one finishes', async () => {
    const [server, folder] = [await vendor(ARRAYS), tempFolder()];
    const { asked } = held(server);
    const first = startDaemon(server, folder);
    await asked;
    expect(await statusOf(server, folder)).toMatchObject({
      schema: 'gex-daemon-status/1',
      state: 'running',
      daemon: { pid: first.child.pid },
      run: { pid: first.child.pid },
      lastRun: { status: 'running', dates: [DATE] },
    });
    const left = daysLeft(DATE, Date.now());
    expect(await newestHole(server, folder)).toMatchObject({ date: DATE, unknown: 3, daysLeft: left, open: true });
    first.child.kill('SIGKILL');
    await ended(first.child);
    expect(await statusOf(server, folder)).toMatchObject({
      state: 'stopped',
      lastRun: { status: 'killed' },
      lastSuccess: null,
    });
    server.behave(() => false);
    const second = startDaemon(server, folder);
    await second.said('next run at');
    expectWhole(folder);
    expect(await statusOf(server, folder)).toMatchObject({
      state: 'waiting',
      lastRun: { status: 'done' },
      lastSuccess: { dates: [DATE] },
    });
    expect((await newestHole(server, folder)).date).toBe(NYSE.previousTradingDay(DATE));
    const { runs } = await statusOf(server, folder, 'history');
    expect(runs.map(({ status }: { status: string }) => status)).toEqual(['done', 'killed']);
    second.child.kill('SIGTERM');
    expect((await ended(second.child)).code).toBe(130);
  });

  test('that gets SIGTERM in the middle of a run leaves within 5 seconds and keeps what is finished', async () => {
    const [server, folder] = [await vendor(ARRAYS), tempFolder()];
    let asked = (): void => {};
    const stuck = new Promise<void>((resolve) => {
      asked = resolve;
    });
    server.behave(({ kind, name }) => {
      if (kind === 'link' || name === NAMES[0]) return false;
      if (existsSync(join(folder, 'data', `${NAMES[0]}.jsonl`))) asked();
      return new Promise(() => {});
    });
    const { child } = startDaemon(server, folder, '--workers', '2');
    await stuck;
    const sentAt = performance.now();
    child.kill('SIGTERM');
    expect((await ended(child)).code).toBe(130);
    expect(performance.now() - sentAt).toBeLessThan(5000);
    expect(await statusOf(server, folder)).toMatchObject({
      state: 'stopped',
      lastRun: { status: 'interrupted' },
    });
    expect(await newestHole(server, folder)).toMatchObject({ date: DATE, unknown: 2 });
    expect(readdirSync(join(folder, 'data')).filter((name) => name.includes('lock'))).toEqual([]);
  });

  test('stands by while another one runs on the folder, and takes over when that is killed', async () => {
    const [server, folder] = [await vendor(ARRAYS), tempFolder()];
    const { asked } = held(server);
    const first = startDaemon(server, folder);
    await asked;
    const second = startDaemon(server, folder);
    await second.said(`a daemon runs in process ${first.child.pid} on `);
    const byHand = gex(['daemon', 'once', ...OPTIONS], { folder, env: envOf(server) });
    server.behave(() => false);
    first.child.kill('SIGKILL');
    await second.said('next run at');
    expect((await byHand).code).toBe(0);
    expectWhole(folder);
    for (const name of NAMES) expect(server.fileRequests(name).length).toBeLessThanOrEqual(2);
    const { runs } = await statusOf(server, folder, 'history');
    expect(runs.filter(({ status }: { status: string }) => status === 'done')).toHaveLength(1);
  });

  test('answers /health and /metrics, and prints each run as a line of JSON', async () => {
    const [server, folder] = [await vendor(ARRAYS), tempFolder()];
    const daemon = startDaemon(server, folder, '--health-port', '0', '--json');
    const [line] = (await once(createInterface({ input: daemon.child.stdout }), 'line')) as [string];
    expect(JSON.parse(line)).toMatchObject({ schema: 'gex-daemon-run/1', status: 'done', dates: [DATE] });
    expect(JSON.parse(line).suspicious[0]).toMatch(new RegExp(`^${NAMES[0]} .* gaps`)); // 100 records a day
    await daemon.said('next run at');
    const url = /health at (\S+)\/health/.exec(daemon.story.join('\n'))?.[1];
    const health = (await (await fetch(`${url}/health`)).json()) as Record<string, unknown>;
    expect(health).toMatchObject({
      schema: 'gex-daemon-health/1',
      running: false,
      last_run: { status: 'done' },
    });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('gex_daemon_runs_total{status="done"} 1');
  });

  test('takes its YAML file from DAEMON_CONFIG_PATH, and a time zone that does not exist is refused at once', async () => {
    const [server, folder] = [await vendor(ARRAYS), tempFolder()];
    writeFileSync(join(folder, 'my.yaml'), 'daemon:\n  timezone: Mars/Base\ndata_dir: ./elsewhere\n');
    const env = { ...envOf(server), DAEMON_CONFIG_PATH: 'my.yaml' };
    const refused = await gex(['daemon'], { folder, env });
    expect([refused.code, refused.stderr]).toEqual([
      2,
      'gex: daemon.timezone in my.yaml:2 (yaml): found "Mars/Base"; give a time zone such as America/New_York, Europe/Berlin or UTC\n',
    ]);
    const zone = { ...env, DAEMON_TIMEZONE: 'Asia/Tokyo' };
    writeFileSync(join(folder, 'my.yaml'), 'data_dir: ./elsewhere\n');
    expect((await gex(['daemon', 'once', ...OPTIONS], { folder, env: zone })).code).toBe(0);
    expect(existsSync(join(folder, 'elsewhere', DATE))).toBe(true);
    const missing = await gex(['daemon', 'status'], { folder, env: { DAEMON_CONFIG_PATH: 'no.yaml' } });
    expect([missing.code, missing.stderr]).toEqual([
      2,
      'gex: cannot read the configuration file no.yaml (DAEMON_CONFIG_PATH): there is no such file\n',
    ]);
    expect((await gex(['config'], { folder, env: { DAEMON_CONFIG_PATH: 'no.yaml' } })).code).toBe(0);
  });

  test('refuses an action it does not know and one besides --once', async () => {
    expect((await gex(['daemon', 'stop'])).stderr).toBe(
      'gex: found action "stop"; give one of run, once, status, history\n',
    );
    expect((await gex(['daemon', 'status', '--once'])).stderr).toBe('gex: give --once or status, not both\n');
  });

  test('status and history of a folder that is not there say so and make nothing', async () => {
    const folder = tempFolder();
    const status = await gex(['daemon', 'status'], { folder });
    expect([status.code, status.stdout]).toEqual([
      0,
      expect.stringMatching(/^daemon\tstopped: no process keeps this archive\n/),
    ]);
    expect(status.stdout).toMatch(/\nlast run\tnone\nlast success\tnone\nholes\t\d+ sessions, the most urgent first\n/);
    expect((await gex(['daemon', 'history'], { folder })).stdout).toBe('started\ttook\tstatus\tsessions\tresult\n');
    expect(readdirSync(folder)).toEqual([]);
  });
});
