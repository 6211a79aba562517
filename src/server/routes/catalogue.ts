import { z } from 'zod';
import { CATEGORIES, QUANT_TICKERS, TICKERS } from '../../wire/catalogue.js';
import { type RouteRow, route } from '../route.js';
import * as schemas from '../schemas.js';

interface TickerLists {
  readonly stocks: readonly string[];
  readonly indexes: readonly string[];
  readonly futures: readonly string[];
}

const UNIVERSE: TickerLists = {
  stocks: TICKERS.stock,
  indexes: [...TICKERS.index, ...TICKERS.variant],
  futures: TICKERS.future,
};

const names = z.array(z.string());

/** What exists: public lists of names. */
export const CATALOGUE_ROUTES: readonly RouteRow[] = [
  route({
    method: 'GET',
    path: '/tickers',
    tag: 'catalogue',
    summary: 'Every supported ticker, or those of the loaded day',
    access: 'public',
    query: z.object({ loaded: z.enum(['true', 'false']).default('false').describe('true: only the loaded day') }),
    answer: {
      description: 'Tickers by class',
      schema: z.object({ stocks: names, indexes: names, futures: names }).meta({ id: 'Tickers' }),
    },
    handle: ({ query, state }) => (query.loaded === 'true' ? classify(state.replay.session.library.tickers) : UNIVERSE),
  }),
  route({
    method: 'GET',
    path: '/tickers/quant',
    tag: 'catalogue',
    summary: 'Tickers that exist on the websocket only',
    access: 'public',
    answer: { description: 'Tickers by class', schema: z.object({ stocks: names, indexes: names }) },
    handle: () => ({ stocks: QUANT_TICKERS.stock, indexes: QUANT_TICKERS.index }),
  }),
  route({
    method: 'GET',
    path: '/{package}/categories',
    tag: 'catalogue',
    summary: 'Categories of a package',
    access: 'public',
    params: z.object({ package: schemas.packageName }),
    answer: { description: 'Canonical names', schema: names },
    handle: ({ params }) => CATEGORIES.filter((row) => row.package === params.package).map((row) => row.category),
  }),
];

/** Tickers outside the universe are futures when they have an underscore, else stocks. */
function classify(tickers: readonly string[]): TickerLists {
  const isIndex = (name: string): boolean => UNIVERSE.indexes.includes(name);
  const isFuture = (name: string): boolean => name.includes('_');
  return {
    stocks: tickers.filter((name) => !isIndex(name) && !isFuture(name)),
    indexes: tickers.filter(isIndex),
    futures: tickers.filter(isFuture),
  };
}
