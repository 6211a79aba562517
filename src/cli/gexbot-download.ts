import type { Origins } from '../config/resolve.js';
import type { Settings } from '../config/table.js';
import { GexError } from '../errors.js';
import { createGexbotClient } from '../feeds/gexbot/client.js';
import type { Ctx } from '../io/ctx.js';
import { download } from '../jobs/download.js';
import type { DownloadReport } from '../jobs/download-report.js';
import { storedGate } from '../jobs/stored-gate.js';
import type { Store } from '../stores/sql/open.js';
import { type Selection, selectFiles } from './download-selection.js';

interface GexbotDownload extends Partial<Selection> {
  readonly settings: Settings;
  readonly origins: Origins;
  readonly store: Store;
  /** Sessions, `YYYY-MM-DD`. */
  readonly dates: readonly string[];
}

/** Larger than any file of the vendor (contract section 2.2: up to 145 MB unpacked), as it comes over the wire. */
const MAX_FILE_BYTES = 2 * 2 ** 30;

/** Downloads dates as the settings say: one client, one rate for all workers and processes of the data folder. GexError `auth` without a key, and as `download`. */
export async function downloadDays(asked: GexbotDownload, ctx: Ctx): Promise<DownloadReport> {
  const { settings, store, dates } = asked;
  const { tickers, categories } = { ...selectFiles(settings), ...asked };
  const client = createGexbotClient(
    {
      baseUrl: settings.gexbotBaseUrl,
      apiKey: requireApiKey(asked),
      fileHosts: settings.gexbotFileHosts,
      timeoutMs: settings.gexbotTimeout * 1000,
      retries: settings.gexbotRetries,
      retryWaitMs: settings.gexbotRetryDelay * 1000,
      maxFileBytes: MAX_FILE_BYTES,
    },
    { gate: gateOf(settings, store) },
  );
  try {
    const { dataDir: root, downloadWorkers: workers, refetch: force, downloadResume: resume } = settings;
    return await download({ root, dates, tickers, categories, workers, force, resume }, { store, client }, ctx);
  } finally {
    await client.close();
  }
}

/** The vendor's downloader has a bucket of twice the rate (contract section 2.3). */
function gateOf({ gexbotBaseUrl, downloadRate }: Settings, store: Store) {
  const pace = { intervalMs: 1000 / downloadRate, burst: Math.max(1, Math.round(2 * downloadRate)) };
  return storedGate(store.gates, `gexbot ${new URL(gexbotBaseUrl).host}`, pace);
}

/** The key, or GexError `auth` that names the variable nobody has set. */
export function requireApiKey({ settings, origins }: Pick<GexbotDownload, 'settings' | 'origins'>): string {
  const { gexbotApiKey: key } = settings;
  if (key !== undefined) return key;
  const { unset } = origins.gexbotApiKey;
  const named = unset ? `${unset.place} takes it from ${unset.variable}, which is not set` : 'it is in no layer';
  const variable = unset?.variable ?? 'GEXBOT_API_KEY';
  throw new GexError('auth', `no GexBot API key: ${named}; set ${variable} in the environment or in .env`);
}
