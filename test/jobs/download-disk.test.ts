import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createGexbotClient } from '../../src/feeds/gexbot/client.js';
import { type Ctx, systemClock } from '../../src/io/ctx.js';
import { memoryGate } from '../../src/io/gate.js';
import { download } from '../../src/jobs/download.js';
import { openStore } from '../../src/stores/sql/open.js';
import { CATEGORIES } from '../../src/wire/catalogue.js';
import { tempFolder } from '../helpers/folder.js';
import { dayFile, type Vendor, vendor } from '../helpers/vendor.js';

const DATE = '2025-11-14';
const NAMES = ['gex_full', 'gex_zero'].map((category) => `${DATE}/SPX/classic/${category}`);
const ROWS = 50;

const quiet = () => {};
const ctx: Ctx = {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: systemClock,
  signal: new AbortController().signal,
  progress: { start: () => ({ advance: quiet, done: quiet }) },
};

afterEach(() => {
  vi.restoreAllMocks();
});

async function run(root: string, server: Vendor) {
  const store = await openStore(join(root, 'gex.db'));
  const client = createGexbotClient(
    {
      ...{ baseUrl: server.url, apiKey: 'x', fileHosts: [], timeoutMs: 5000 },
      ...{ retries: 0, retryWaitMs: 1, maxFileBytes: 1e8 },
    },
    { gate: memoryGate({ intervalMs: 0 }) },
  );
  const categories = CATEGORIES.filter((row) => NAMES.some((name) => name.endsWith(`/classic/${row.category}`)));
  try {
    return await download(
      {
        ...{ root, dates: [DATE], tickers: ['SPX'], categories: categories.filter((row) => row.package === 'classic') },
        ...{ workers: 1, force: false, resume: true },
      },
      { store, client },
      ctx,
    );
  } finally {
    await client.close();
    await store.close();
  }
}

function recordFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.jsonl') && !path.startsWith('.'))
    .map((path) => path.slice(0, -'.jsonl'.length));
}

/** Lets the disk fail once, at the n-th call of one of these methods of open files; tells whether it came to that. */
async function failAt(n: number, code: string): Promise<() => boolean> {
  const handle = await open('/dev/null', 'r');
  const methods = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  let calls = 0;
  for (const name of ['write', 'appendFile', 'writeFile', 'sync', 'truncate'] as const) {
    const real = methods[name] as (...args: unknown[]) => Promise<unknown>;
    vi.spyOn(methods, name).mockImplementation(async function (this: unknown, ...args: unknown[]) {
      if (++calls === n) throw Object.assign(new Error(`${code}: disk`), { code, syscall: name });
      return (await real.apply(this, args)) as never;
    });
  }
  return () => calls >= n;
}

test.each(['EIO', 'ENOSPC'])(
  '%s at any call of the disk ends the run, keeps the archive whole and is made good by the next run',
  async (code) => {
    const files = Object.fromEntries(NAMES.map((name) => [name, dayFile(name, ROWS).array]));
    let faults = 0;
    for (let n = 1; ; n++) {
      const root = tempFolder();
      const server = await vendor(files);
      const hasFailed = await failAt(n, code);
      const error: unknown = await run(root, server).then(quiet, (thrown: unknown) => thrown);
      vi.restoreAllMocks();
      if (!hasFailed()) break;
      faults++;
      if (error !== undefined) expect(error).toMatchObject({ kind: 'storage' });
      const finished = recordFiles(root);
      for (const name of finished)
        expect(readFileSync(join(root, `${name}.jsonl`)).equals(dayFile(name, ROWS).lines)).toBe(true);
      const before = server.requests.length;
      const report = await run(root, server);
      expect(report.cells).toMatchObject({ total: 2, failed: 0, missing: 0 });
      expect(recordFiles(root).sort()).toEqual([...NAMES].sort());
      expect(server.requests.slice(before).filter(({ name }) => finished.includes(name))).toEqual([]);
      expect(existsSync(join(root, '.staging/download', `${NAMES[0]}.part`))).toBe(false);
    }
    expect(faults).toBeGreaterThan(10);
  },
);
