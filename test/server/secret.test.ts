import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serverSecret } from '../../src/server/secret.js';
import { archiveOf, recordingCtx } from './fixture.js';

const { log } = recordingCtx().ctx;

it('the secret of a data folder is made once, for its owner only, whoever comes first', async () => {
  const root = await archiveOf({});
  const secrets = await Promise.all(Array.from({ length: 8 }, () => serverSecret(root, undefined, log)));
  expect(new Set(secrets).size).toBe(1);
  expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
  expect((await stat(join(root, '.secret'))).mode & 0o777).toBe(0o600);
  expect((await readFile(join(root, '.secret'), 'utf8')).trim()).toBe(secrets[0]);
  expect(await readdir(root)).toEqual(['.secret']);
});

it('a given secret is taken as it is and nothing is written', async () => {
  const root = await archiveOf({});
  expect(await serverSecret(root, 'given', log)).toBe('given');
  expect(await readdir(root)).toEqual([]);
});

it('where nothing can be kept the secret lasts as long as the process', async () => {
  const root = join(await archiveOf({}), 'absent');
  const [one, two] = [await serverSecret(root, undefined, log), await serverSecret(root, undefined, log)];
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(two).not.toBe(one);
});
