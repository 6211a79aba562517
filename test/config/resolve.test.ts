// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is the syntax under test
import { expect, test } from 'vitest';
import { option } from '../../src/config/option.js';
import { resolveSettings, resolveTable } from '../../src/config/resolve.js';
import type { Sources } from '../../src/config/sources.js';
import { text } from '../../src/config/values.js';
import { GexError } from '../../src/errors.js';

const nothing: Sources = { flags: {}, environment: {}, dotenv: {} };
const yaml = (body: string): Pick<Sources, 'yaml'> => ({ yaml: { name: 'my.yaml', text: body } });

async function faultsOf(sources: Partial<Sources>): Promise<readonly string[]> {
  const error: unknown = await resolveSettings({ ...nothing, ...sources }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GexError);
  const { kind, message, details } = error as GexError;
  expect(kind).toBe('usage');
  return details.length > 0 ? details : [message];
}

test('each layer wins over the ones below it, key by key', async () => {
  const file = yaml('serve:\n  port: 1\n  host: a\n  cache_mode: rotation\n  data_mode: stream\n');
  const { settings, origins } = await resolveSettings({
    flags: { port: '4' },
    environment: { PORT: '3', HOST: 'c' },
    dotenv: { PORT: '2', HOST: 'b', CACHE_MODE: 'exhaust' },
    ...file,
  });
  expect([settings.port, settings.host, settings.cacheMode, settings.dataMode]).toEqual([4, 'c', 'exhaust', 'stream']);
  expect(origins.port).toEqual({ layer: 'flag', place: '--port' });
  expect(origins.host).toEqual({ layer: 'environment', place: 'HOST' });
  expect(origins.cacheMode).toEqual({ layer: '.env', place: 'CACHE_MODE' });
  expect(origins.dataMode).toEqual({ layer: 'yaml', place: 'my.yaml:5' });
  expect(origins.seed).toEqual({ layer: 'default', place: '' });
});

test('an empty variable and a key without a value count as absent', async () => {
  const { settings } = await resolveSettings({
    ...nothing,
    environment: { DATA_DATE: '', PORT: '' },
    ...yaml('serve:\n  host:\ncompute:\n'),
  });
  expect([settings.dataDate, settings.port, settings.host]).toEqual(['latest', 8080, '127.0.0.1']);
});

test('YAML values take variables, lists and numbers as they are written', async () => {
  const { settings } = await resolveSettings({
    flags: {},
    environment: { SOMEWHERE: '/srv' },
    dotenv: { TAIL: 'x', SOMEWHERE: '/not-me' },
    ...yaml('data_dir: ${SOMEWHERE}/${TAIL}\nsynth:\n  tickers: [spx, SPY]\n  seed: 0010\ncompute:\n  rate: 0.050\n'),
  });
  expect(settings.dataDir).toBe('/srv/x');
  expect(settings.tickers).toEqual(['SPX', 'SPY']);
  expect(settings.seed).toBe(10);
  expect(settings.rate).toBe(0.05);
});

test('every fault of every layer is listed in one error that names key, layer, value and what is accepted', async () => {
  const faults = await faultsOf({
    flags: { ticker: 'NOT_A_TICKER_X' },
    environment: { PORT: '99999', GEX_SEDE: '7' },
    dotenv: { DATA_MODE: 'disk', GEX_NOPE: '1' },
    ...yaml('serve:\n  prot: 1\n  date: 2026-02-30\nlog: loud\ndata_dir: ${NOWHERE_SET}\n'),
  });
  expect(faults).toEqual([
    'unknown variable GEX_SEDE (environment) (did you mean GEX_SEED?)',
    'unknown variable GEX_NOPE (.env)',
    'my.yaml:2: unknown key serve.prot (did you mean serve.port?)',
    'my.yaml:4: log is a section and takes keys below it',
    'my.yaml:5: data_dir names ${NOWHERE_SET}, which is not set in the environment',
    '--ticker (flag): found "NOT_A_TICKER_X"; give up to 12 letters such as SPY or SPX, or a pair such as ES_SPX',
    'PORT (environment): found "99999"; give a whole number from 0 to 65535',
    'DATA_MODE (.env): found "disk"; give one of memory, stream',
    'serve.date in my.yaml:3 (yaml): found "2026-02-30"; give latest or a date YYYY-MM-DD from 1990 to 2050, or two of them as FIRST..LAST',
  ]);
});

test('a file that is not YAML, or not keys and values, is one fault with its line', async () => {
  expect(await faultsOf(yaml('serve: [1\n'))).toEqual([expect.stringMatching(/^my\.yaml:\d: /)]);
  expect(await faultsOf(yaml('just words'))).toEqual([expect.stringContaining('my.yaml:1: expected keys with values')]);
  expect(await faultsOf(yaml('serve:\n  port: 1\n  port: 2\n'))).toEqual([expect.stringMatching(/^my\.yaml:3: /)]);
  expect(await faultsOf(yaml('serve:\n  port: {a: 1}\n'))).toEqual([
    'my.yaml:2: serve.port must be one value or a list of values',
  ]);
});

test('a secret is collected for masking and never quoted in a fault', async () => {
  const key = { ...text('KEY', 'eight letters'), parse: (value: string) => (value.length === 8 ? value : undefined) };
  const table = { key: option({ flag: '--key', env: 'KEY', type: key, description: 'a key', secret: true }) };
  const good = await resolveTable(table, { ...nothing, environment: { KEY: 'abcdefgh' } });
  expect(good.secrets).toEqual(['abcdefgh']);
  await expect(resolveTable(table, { ...nothing, environment: { KEY: 'hunter2' } })).rejects.toThrow(
    'KEY (environment): found a value that is not accepted; give eight letters',
  );
});
