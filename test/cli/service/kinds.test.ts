import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Installation } from '../../../src/cli/service/installation.js';
import { SERVICE_KINDS } from '../../../src/cli/service/kinds.js';
import { startDaemonHealth } from '../../../src/server/daemon-health.js';
import { tempFolder } from '../../helpers/folder.js';
import { recordingCtx } from '../../server/fixture.js';

const PLAIN: Installation = {
  node: process.execPath,
  program: '/opt/gex/bin/gex.js',
  folder: '/opt/gex',
  dataDir: '/var/lib/gex',
  user: 'root',
  due: {
    daemon: { hour: 20, minute: 0, timeZone: 'America/New_York' },
    machine: { hour: 2, minute: 5, timeZone: 'Europe/Berlin' },
  },
};

const render = (kind: string, changes: Partial<Installation> = {}): string =>
  SERVICE_KINDS[kind]?.({ ...PLAIN, ...changes }) ?? '';

/** A folder whose name holds what shells, systemd, XML and cron take for themselves. */
function awkward(): Partial<Installation> & { readonly dataDir: string } {
  const folder = join(tempFolder(), `a b%n $HOME "q" 'p' & <x>`);
  mkdirSync(folder);
  const program = join(folder, 'gex.js');
  writeFileSync(program, 'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(2)]))');
  return { folder, program, dataDir: join(folder, 'data'), config: join(folder, 'my.yaml') };
}

const canVerify = spawnSync('systemd-analyze', ['--version']).status === 0;
const hasPython = spawnSync('python3', ['-c', 'import plistlib']).status === 0;

describe('the units of systemd', () => {
  const units = [
    ['systemd', 'gex-daemon.service'],
    ['systemd-once', 'gex-archive.service'],
    ['systemd-timer', 'gex-archive.timer'],
  ] as const;

  it.skipIf(!canVerify).each(['plain', 'awkward'])('pass systemd-analyze verify with %s paths', (paths) => {
    const folder = tempFolder();
    const changes = paths === 'plain' ? { program: process.execPath } : awkward();
    for (const [kind, file] of units) writeFileSync(join(folder, file), render(kind, changes));
    const files = units.map(([, file]) => join(folder, file));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
  });

  it.skipIf(!canVerify)('leave little that a fault could reach', () => {
    const folder = tempFolder();
    const file = join(folder, 'gex-daemon.service');
    writeFileSync(file, render('systemd', { user: 'gex' }));
    const report = execFileSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', file], {
      encoding: 'utf8',
    });
    const [, exposure = '10'] = /exposure level.*: ([\d.]+)/.exec(report) ?? [];
    expect(Number(exposure)).toBeLessThan(5);
  });

  it('run the program of this installation, and may write the data folder alone', () => {
    const unit = render('systemd', { config: '/etc/gex/my.yaml' });
    expect(unit).toContain(
      `ExecStart=${process.execPath} /opt/gex/bin/gex.js daemon --data-dir /var/lib/gex --config /etc/gex/my.yaml\n`,
    );
    expect(unit).toMatch(/^StateDirectory=gex$/m);
    expect(unit).toMatch(/^ProtectSystem=strict$/m);
    expect(render('systemd', { dataDir: '/srv/gex' })).toMatch(/^ReadWritePaths=\/srv\/gex$/m);
    expect(render('systemd-once')).toMatch(/^ExecStart=.* daemon --once --data-dir \/var\/lib\/gex$/m);
  });

  it('quote what systemd would take for its own', () => {
    const lines = render('systemd', { dataDir: '/srv/a b%n$x"' }).split('\n');
    expect(lines.find((line) => line.startsWith('ExecStart='))).toMatch(/ --data-dir "\/srv\/a b%%n\$\$x\\""$/);
    expect(lines).toContain(String.raw`ReadWritePaths="/srv/a b%%n$x\""`);
  });

  it.skipIf(!canVerify)('have a timer whose next time is that of the daemon in its zone', () => {
    const [, calendar = ''] = /^OnCalendar=(.*)$/m.exec(render('systemd-timer')) ?? [];
    expect(calendar).toBe('*-*-* 20:00:00 America/New_York');
    const args = ['calendar', '--base-time=2026-07-01 12:00:00 UTC', calendar];
    const answer = execFileSync('systemd-analyze', args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    expect(answer).toMatch(/Next elapse: Thu 2026-07-02 00:00:00 UTC/);
  });
});

describe('the crontab line', () => {
  /** Minute, hour, and the command as cron hands it to the shell: up to the first bare %, \% being a %. */
  function read(crontab: string): { readonly when: string; readonly command: string } {
    const lines = crontab.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toHaveLength(1);
    const [, when = '', rest = ''] = /^((?:\S+ ){4}\S+) (.*)$/.exec(lines[0] ?? '') ?? [];
    const [command = ''] = rest.split(/(?<!\\)%/);
    return { when, command: command.replaceAll('\\%', '%') };
  }

  it('runs once a day at the time of the machine', () => {
    const crontab = render('cron');
    expect(read(crontab)).toEqual({
      when: '5 2 * * *',
      command: `cd /opt/gex && ${process.execPath} /opt/gex/bin/gex.js daemon --once --data-dir /var/lib/gex --quiet > /dev/null`,
    });
    expect(crontab).toContain('here Europe/Berlin: at 02:05');
    expect(crontab).toContain('CRON_TZ=America/New_York and 0 20 ');
  });

  it('starts the program whatever its path looks like', () => {
    const paths = awkward();
    const { command } = read(render('cron', paths));
    const stdout = execFileSync('/bin/sh', ['-c', command.replace(' > /dev/null', '')], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual([
      ...[paths.folder, 'daemon', '--once', '--data-dir', paths.dataDir, '--config', paths.config, '--quiet'],
    ]);
  });
});

describe('the agent of launchd', () => {
  it.skipIf(!hasPython)('is a property list with the words, the folder and the time', () => {
    const paths = awkward();
    const script = 'import plistlib,json,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
    const input = render('launchd', paths);
    expect(JSON.parse(execFileSync('python3', ['-c', script], { input, encoding: 'utf8' }))).toEqual({
      Label: 'gex.archive',
      ProgramArguments: [
        ...[process.execPath, paths.program, 'daemon', '--once', '--data-dir', paths.dataDir],
        ...['--config', paths.config, '--quiet'],
      ],
      WorkingDirectory: paths.folder,
      StartCalendarInterval: { Hour: 2, Minute: 5 },
      RunAtLoad: true,
      StandardOutPath: '/dev/null',
      StandardErrorPath: join(paths.dataDir, 'daemon.log'),
    });
  });
});

describe('the compose service', () => {
  const ofProject = () =>
    parse(readFileSync(join(import.meta.dirname, '../../../docker-compose.yml'), 'utf8')).services;

  it('is that of docker-compose.yml, with the data folder of this installation', () => {
    const { build, profiles, ...daemon } = ofProject().daemon;
    expect([build, profiles]).toEqual(['.', ['daemon']]);
    const printed = parse(render('compose')).services.daemon;
    expect(printed).toEqual({ ...daemon, volumes: ['/var/lib/gex:/app/data'] });
  });

  it('mounts the configuration that was named, and writes $ as compose wants it', () => {
    const { volumes } = parse(render('compose', { dataDir: '/srv/$x', config: '/etc/gex.yaml' })).services.daemon;
    expect(volumes).toEqual(['/srv/$$x:/app/data', '/etc/gex.yaml:/app/configs/default.yaml:ro']);
  });

  it('has a health check that tells a daemon that answers from one that does not', async () => {
    const [, command, flag, script = ''] = ofProject().daemon.healthcheck.test as string[];
    expect([command, flag]).toEqual(['node', '-e']);
    const status = async () => ({ startedMs: 0, running: false });
    const server = await startDaemonHealth({ host: '127.0.0.1', port: 0 }, { status, log: recordingCtx().ctx.log });
    const check = script.replace('8081', new URL(server.url).port);
    const run = () => promisify(execFile)(process.execPath, ['-e', check]);
    await run();
    await server.close();
    await expect(run()).rejects.toMatchObject({ code: 1 });
  });

  it('writes into the archive that the server reads', () => {
    const { server, daemon } = ofProject();
    expect(daemon.volumes).toEqual(server.volumes);
    expect([daemon.environment.DATA_DIR, daemon.user]).toEqual([server.environment.DATA_DIR, server.user]);
  });
});
