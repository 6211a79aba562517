import { join } from 'node:path';
import { describe, test } from 'vitest';
import { openStore, type Store } from '../../src/stores/sql/open.js';
import { tempFolder } from './folder.js';
import { postgresStore } from './postgres.js';

const DIALECTS: Readonly<Record<string, () => Promise<Store | undefined>>> = {
  SQLite: () => openStore(join(tempFolder(), 'made', 'gex.db')),
  PostgreSQL: postgresStore,
};

/** A test that is given an empty store of its own. */
type OnStore = (name: string, work: (store: Store) => Promise<void>) => void;

/** Runs tests in both dialects; where no PostgreSQL server answers, its tests are skipped. */
export function inEachDialect(tests: (onStore: OnStore, dialect: string) => void): void {
  describe.each(Object.keys(DIALECTS))('in %s', (dialect) => {
    tests((name, work) => {
      test(name, async (context) => {
        const store = await DIALECTS[dialect]?.();
        if (!store) return context.skip(`no ${dialect} server at 127.0.0.1:5432`);
        try {
          await work(store);
        } finally {
          await store.close();
        }
      });
    }, dialect);
  });
}
