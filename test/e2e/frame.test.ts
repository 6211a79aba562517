import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { EXECUTABLE, ended, gex, startGex } from '../helpers/gex.js';

test('stdout is the result: one JSON object with its schema, stderr stays empty', async () => {
  const { code, stdout, stderr } = await gex(['config', '--json'], { env: { PORT: '9' } });
  expect([code, stderr]).toEqual([0, '']);
  const { schema, options } = JSON.parse(stdout);
  expect(schema).toBe('gex-config/1');
  expect(options).toContainEqual({ option: 'serve.port', value: '9', layer: 'environment', place: 'PORT' });
});

test('in a pipe a table is tab-separated rows without colour', async () => {
  const { stdout } = await gex(['config'], { env: { PORT: '9' } });
  expect(stdout).toMatch(/^option\tvalue\tlayer\tplace\n/);
  expect(stdout).toContain('serve.port\t9\tenvironment\tPORT\n');
});

test('the working folder gives .env and configs/default.yaml, and --config names another file', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, '.env'), '# mine\nDATA_MODE="stream"\n');
  writeFileSync(join(folder, 'my.yaml'), 'serve:\n  port: 7000\n');
  const { stdout } = await gex(['config', '--config', 'my.yaml'], { folder });
  expect(stdout).toContain('serve.data_mode\tstream\t.env\tDATA_MODE\n');
  expect(stdout).toContain('serve.port\t7000\tyaml\tmy.yaml:2\n');
  expect(stdout).toContain('--config\tmy.yaml\tflag\t--config\n');
});

test.each([
  [['confg'], {}, "gex: unknown command 'confg' (Did you mean config?)\n"],
  [['config', '--jsno'], {}, "gex: unknown option '--jsno' (Did you mean --json?)\n"],
  [['config'], { PORT: '-1' }, 'gex: PORT (environment): found "-1"; give a whole number from 0 to 65535\n'],
  [
    ['config', '--config', 'no.yaml'],
    {},
    'gex: cannot read the configuration file no.yaml (--config): there is no such file\n',
  ],
  [['completion', 'tcsh'], {}, 'gex: found shell "tcsh"; give one of bash, zsh, fish\n'],
])('gex %j ends with exit 2 and one sentence', async (args, env, sentence) => {
  expect(await gex(args, { env })).toEqual({ code: 2, stdout: '', stderr: sentence });
});

test('a secret is not shown, neither its value nor in an error', async () => {
  const { stdout } = await gex(['config', '--verbose'], { env: { ADMIN_TOKEN: 'hunter2222' } });
  expect(stdout).toContain('serve.admin_token\t***\tenvironment\tADMIN_TOKEN\n');
  expect(stdout).not.toContain('hunter2222');
  const missing = await gex(['serve', '--data-dir', './hunter2222'], { env: { ADMIN_TOKEN: 'hunter2222' } });
  expect(missing.stderr).toMatch(/^gex: .*\.\/\*\*\*/);
});

test('several faults are listed below one sentence', async () => {
  const { code, stderr } = await gex(['config'], { env: { PORT: 'x', DATA_MODE: 'y', GEX_Z: '1' } });
  expect(code).toBe(2);
  expect(stderr.split('\n').slice(0, -1)).toEqual([
    'gex: 3 faults in the options:',
    '  unknown variable GEX_Z (environment)',
    '  PORT (environment): found "x"; give a whole number from 0 to 65535',
    '  DATA_MODE (environment): found "y"; give one of memory, stream',
  ]);
});

test('completion works whatever the configuration says', async () => {
  const { code, stderr } = await gex(['completion', 'bash'], { env: { PORT: 'x' } });
  expect([code, stderr]).toEqual([0, '']);
});

test('a reader that goes away ends the run without a word', async () => {
  const child = startGex(['completion', 'zsh']);
  child.stdout.destroy();
  const { code, stderr } = await ended(child);
  expect([code, stderr]).toEqual([0, '']);
});

test('a full disk behind stdout is a storage error', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [EXECUTABLE, 'config'], { stdio: ['ignore', full, 'pipe'], env: {} });
  const { code, stderr } = await ended(child);
  closeSync(full);
  expect(code).toBe(6);
  expect(stderr).toMatch(/^gex: cannot write to stdout: .*ENOSPC.*\n$/);
});
