import { expect, test } from 'vitest';
import { selectFiles } from '../../src/cli/download-selection.js';
import { resolveSettings } from '../../src/config/resolve.js';
import { GexError } from '../../src/errors.js';

async function select(flags: Record<string, string>, yaml?: string) {
  const file = yaml === undefined ? {} : { yaml: { name: 'my.yaml', text: yaml } };
  const { settings } = await resolveSettings({ flags, environment: {}, dotenv: {}, ...file });
  const { tickers, categories } = selectFiles(settings);
  return { tickers, files: categories.map((row) => `${row.package}/${row.category}`) };
}

async function faults(flags: Record<string, string>): Promise<readonly string[]> {
  const error: unknown = await select(flags).catch((thrown: unknown) => thrown);
  if (!(error instanceof GexError)) throw new Error('nothing was refused');
  expect(error.kind).toBe('usage');
  return error.details.length > 0 ? error.details : [error.message];
}

test("without configuration it is the vendor's own selection: SPX, classic and seven categories of state", async () => {
  const { tickers, files } = await select({});
  expect(tickers).toEqual(['SPX']);
  expect(files.filter((name) => name.startsWith('classic/'))).toHaveLength(3);
  expect(files.filter((name) => name.startsWith('state/'))).toHaveLength(7);
  expect(files).toHaveLength(10);
});

test('an empty list of categories is all of them, and --packages takes a package that is not enabled', async () => {
  const yaml = 'packages:\n  state:\n    categories: []\n  classic:\n    enabled: false\n';
  expect((await select({}, yaml)).files).toHaveLength(11);
  expect((await select({ downloadPackages: 'classic,orderflow' }, yaml)).files).toEqual([
    'classic/gex_full',
    'classic/gex_zero',
    'classic/gex_one',
    'orderflow/orderflow',
  ]);
});

test('--categories names files of the chosen packages, by their aliases too', async () => {
  expect((await select({ downloadCategories: 'full,vanna_one' })).files).toEqual([
    'classic/gex_full',
    'state/gex_full',
    'state/vanna_one',
  ]);
});

test('every unknown name is refused with what exists', async () => {
  const found = await faults({
    downloadTickers: 'SPX,SPYY,LLY',
    downloadPackages: 'clasic,state',
    downloadCategories: 'gamma_zro,orderflow',
  });
  expect(found).toEqual([
    expect.stringMatching(/^unknown ticker SPYY \(did you mean SPY\?\); there are NDX RUT SPX /),
    'ticker LLY has no history, the vendor serves it over WebSocket only: leave it out',
    'unknown package clasic (did you mean classic?); there are classic, state, orderflow',
    expect.stringMatching(
      /^no category gamma_zro in package state \(did you mean gamma_zero\?\); there are gex_full, /,
    ),
    expect.stringMatching(/; it belongs to package orderflow, which is not chosen$/),
  ]);
});

test('no package at all is refused', async () => {
  expect(await faults({ classicEnabled: 'false', stateEnabled: 'false' })).toEqual([
    'no package is enabled: name one with --packages or enable it under packages',
  ]);
});
