// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is the syntax under test
import { expect, test } from 'vitest';
import { INERT_KEYS } from '../../src/config/inert.js';
import { resolveSettings } from '../../src/config/resolve.js';
import { OPTIONS, type OptionTable } from '../../src/config/table.js';

/** A configuration as the vendor's downloader has it: every key of contract section 2.4, other values than ours. */
const CONTRACT = `
api:
  base_url: https://api.example.org
  api_key: \${GEXBOT_API_KEY}
  timeout_sec: 120
  retry_count: 5
  retry_delay_sec: 2
download:
  workers: 4
  rate_per_second: 1.5
  resume_enabled: false
tickers: [SPX, es_spx]
packages:
  state:
    enabled: true
    categories: [gex_full, gamma_zero]
  classic:
    enabled: false
    categories:
      - gex_zero
  orderflow:
    enabled: true
    categories: []
output:
  directory: /srv/gex
  auto_convert_to_jsonl: true
logging:
  enabled: true
  directory: logs
  level: warn
`;

const load = (text: string, environment: Record<string, string> = {}) =>
  resolveSettings({ flags: {}, environment, dotenv: {}, yaml: { name: 'my.yaml', text } });

test("a configuration of the vendor's downloader means here what it means there", async () => {
  const { settings, secrets, notes } = await load(CONTRACT, { GEXBOT_API_KEY: 'gexbot_custom_1' });
  expect(settings).toMatchObject({
    ...{ gexbotBaseUrl: 'https://api.example.org', gexbotApiKey: 'gexbot_custom_1' },
    ...{ gexbotTimeout: 120, gexbotRetries: 5, gexbotRetryDelay: 2 },
    ...{ downloadWorkers: 4, downloadRate: 1.5, downloadResume: false, downloadTickers: ['SPX', 'ES_SPX'] },
    ...{ stateEnabled: true, stateCategories: ['gex_full', 'gamma_zero'] },
    ...{ classicEnabled: false, classicCategories: ['gex_zero'] },
    ...{ orderflowEnabled: true, orderflowCategories: [] },
    ...{ dataDir: '/srv/gex', logLevel: 'warn' },
  });
  expect(secrets).toContain('gexbot_custom_1');
  expect(notes).toEqual([
    'my.yaml:29: logging.directory: logs has no effect: gex logs to stderr and writes no log files',
  ]);
});

test('variables named after section and key override the file', async () => {
  const { settings } = await load(CONTRACT, { GEXBOT_DOWNLOAD_WORKERS: '9', GEXBOT_PACKAGES_CLASSIC_ENABLED: 'true' });
  expect([settings.downloadWorkers, settings.classicEnabled]).toEqual([9, true]);
});

test('a secret whose variable is unset counts as absent, and its origin says which variable that is (trap 39)', async () => {
  const { settings, origins } = await load('api:\n  api_key: ${MY_GEXBOT_KEY}\n');
  expect(settings.gexbotApiKey).toBeUndefined();
  expect(origins.gexbotApiKey).toEqual({
    layer: 'default',
    place: '',
    unset: { variable: 'MY_GEXBOT_KEY', place: 'my.yaml:2' },
  });
});

test('days without JSONL cannot be had', async () => {
  await expect(load('output:\n  auto_convert_to_jsonl: false\n')).rejects.toThrow(
    'my.yaml:2: output.auto_convert_to_jsonl: false cannot be had: gex keeps days as JSONL only; set it to true or take the key out',
  );
});

test('the data folder under both of its names is refused', async () => {
  await expect(load('data_dir: a\noutput:\n  directory: b\n')).rejects.toThrow(
    'my.yaml:3: output.directory means the same as data_dir in my.yaml:1; keep one of the two',
  );
});

test('no further name of an option is the name of another', () => {
  const rows = Object.values<OptionTable[string]>(OPTIONS);
  const names = [
    ...rows.flatMap(({ yaml, yamlAlso = [] }) => [...(yaml === undefined ? [] : [yaml]), ...yamlAlso]),
    ...Object.keys(INERT_KEYS),
  ];
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
