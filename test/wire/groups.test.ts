import { expect, test } from 'vitest';
import { QUANT_TICKERS, TICKERS } from '../../src/wire/catalogue.js';
import { parseGroup } from '../../src/wire/groups.js';
import { HUBS, hubNamed } from '../../src/wire/hubs.js';

test.each([
  ['SPX_classic_gex_full', 'classic'],
  ['blue_ES_SPX_classic_gex_20260821', 'classic'],
  ['SPX_state_gex_zero', 'state_gex'],
  ['NQ_NDX_state_gex_20260821', 'state_gex'],
  ['red_SPX_state_delta_zero', 'state_greeks_zero'],
  ['SPX_state_charm_one', 'state_greeks_one'],
  ['blue_SPX_state_vanna_20260821', 'state_greeks'],
  ['blue_ES_SPX_orderflow_orderflow', 'orderflow'],
  ['F_orderflow_20260821', 'orderflow'],
])('%s is a group of hub %s in both generations', (name, hub) => {
  const group = parseGroup(name);
  expect(group).toMatchObject({ spot: false, hub: { name: hub, v2: `v2_${hub}` }, legacyOnly: false });
});

test('volume groups belong to the first generation only', () => {
  expect(parseGroup('SPX_state_volume_zero')).toMatchObject({ hub: { name: 'state_greeks_zero' }, legacyOnly: true });
  expect(parseGroup('SPX_state_volume_one')).toMatchObject({ hub: { name: 'state_greeks_one' }, legacyOnly: true });
});

test('a name splits into prefix, ticker, package and category though tickers contain underscores', () => {
  expect(parseGroup('blue_ES_SPX_classic_gex_20260821')).toMatchObject({
    prefix: 'blue',
    name: 'ES_SPX_classic_gex_20260821',
    ticker: 'ES_SPX',
    package: 'classic',
    category: 'gex_20260821',
  });
  expect(parseGroup('ES_SPX_spot')).toEqual({ spot: true, name: 'ES_SPX_spot', ticker: 'ES_SPX' });
  expect(parseGroup('blue_SPX_spot')).toEqual({ spot: true, name: 'SPX_spot', ticker: 'SPX', prefix: 'blue' });
});

test('every ticker of the universe has groups, with and without a prefix', () => {
  const tickers = [...Object.values(TICKERS), ...Object.values(QUANT_TICKERS)].flat();
  for (const ticker of tickers) {
    expect(parseGroup(`${ticker}_state_gex_one`)).toMatchObject({ ticker, category: 'gex_one' });
    expect(parseGroup(`green2_${ticker}_spot`)).toMatchObject({ ticker, spot: true, prefix: 'green2' });
  }
});

test.each([
  '',
  'SPX',
  'SPX_classic',
  'SPX_classic_gamma_zero',
  'SPX_classic_volume_zero',
  'SPX_state_gamma_full',
  'SPX_state_greeks_zero_delta',
  'SPX_orderflow_gex_full',
  'SPX_classic_gex_20261301',
  'SPX_classic_gex_20260231',
  'SPX_classic_gex_2026082',
  'spx_classic_gex_full',
  'Blue_SPX_spot',
  'blue__SPX_spot',
  'blue_red_SPX_spot',
  'SPX_spot_spot',
  'SPX_spot\n',
  'TOOLONG_spot',
  'A_B_C_spot',
  `${'x'.repeat(200)}_SPX_spot`,
])('%j is no group', (name) => {
  expect(parseGroup(name)).toBeUndefined();
});

test('a hub is found by its name in either generation', () => {
  for (const hub of HUBS) {
    expect(hubNamed(hub.name)).toEqual({ hub, isV2: false });
    expect(hubNamed(hub.v2)).toEqual({ hub, isV2: true });
  }
  expect(hubNamed('v3_classic')).toBeUndefined();
});
