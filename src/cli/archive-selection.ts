import { GexError } from '../errors.js';
import type { CategoryKey } from '../jobs/audit-cells.js';
import { CATEGORIES, categoryOf } from '../wire/catalogue.js';

const PACKAGES = [...new Set(CATEGORIES.map((row) => row.package))];

/** The categories that words such as `classic` and `state/gex_full` name. One GexError `usage` lists those that name none. */
export function categoryKeys(words: readonly string[]): CategoryKey[] {
  const faults: string[] = [];
  const named = words.flatMap((word) => {
    const [packageName = '', category, ...more] = word.toLowerCase().split('/');
    if (category === undefined) {
      const rows = CATEGORIES.filter((row) => row.package === packageName);
      if (rows.length === 0) faults.push(`no package ${word}; there are ${PACKAGES.join(', ')}`);
      return rows;
    }
    const row = more.length === 0 ? categoryOf(packageName, category) : undefined;
    if (!row)
      faults.push(
        `no category ${word}; there are ${CATEGORIES.map((one) => `${one.package}/${one.category}`).join(', ')}`,
      );
    return row ? [row] : [];
  });
  if (faults.length === 1) throw new GexError('usage', faults[0] ?? '');
  if (faults.length > 1) throw new GexError('usage', '--categories names what does not exist:', { details: faults });
  return CATEGORIES.filter((row) => named.includes(row));
}
