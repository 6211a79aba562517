import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { SERVICE_KINDS } from '../../src/cli/service/kinds.js';
import { tempFolder } from '../helpers/folder.js';
import { EXECUTABLE, gex } from '../helpers/gex.js';

const EXAMPLE = fileURLToPath(new URL('../../configs/default.yaml', import.meta.url));

describe('gex service print', () => {
  it('prints a unit for this installation, its data folder and the named configuration, and writes nothing', async () => {
    const folder = tempFolder();
    const args = ['service', 'print', 'systemd', '--data-dir', 'days', '--config', EXAMPLE];
    const { code, stdout, stderr } = await gex(args, { folder });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(
      `ExecStart=${process.execPath} ${EXECUTABLE} daemon --data-dir ${join(folder, 'days')} --config ${EXAMPLE}\n`,
    );
    expect(stdout).toContain(`WorkingDirectory=${folder}\n`);
  });

  it('takes the time of the runs from the settings and the zone from the machine', async () => {
    const env = { DAEMON_SCHEDULE_HOUR: '21', DAEMON_SCHEDULE_MINUTE: '15', TZ: 'Europe/Berlin' };
    const timer = await gex(['service', 'print', 'systemd-timer'], { env });
    expect(timer.stdout).toMatch(/^OnCalendar=\*-\*-\* 21:15:00 America\/New_York$/m);
    const cron = await gex(['service', 'print', 'cron'], { env });
    expect(cron.stdout).toMatch(/^15 3 \* \* \* cd /m);
  });

  it('--json holds the text', async () => {
    const [plain, json] = await Promise.all([
      gex(['service', 'print', 'compose']),
      gex(['service', 'print', 'compose', '--json']),
    ]);
    expect(JSON.parse(json.stdout)).toEqual({ schema: 'gex-service/1', kind: 'compose', text: plain.stdout });
  });

  it.each([
    [['install', 'systemd'], 'gex: found action "install"; give print\n'],
    [['print', 'upstart'], /^gex: found service "upstart"; give one of systemd, .*, compose\n$/],
    [['print'], /missing required argument 'KIND'/],
  ])('with %j is one usage error', async (args, sentence) => {
    const { code, stdout, stderr } = await gex(['service', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(sentence);
  });
});

it('the help and the completion name every kind', () => {
  const row = COMMANDS.find(({ name }) => name === 'service');
  expect(row?.arguments?.[1]?.choices).toEqual(Object.keys(SERVICE_KINDS));
});
