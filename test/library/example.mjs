// The library in one page. In a project of your own: npm install gex-toolkit, then node example.mjs.
import { exposureProfile, gammaCurve, greeks, impliedVolatility, nextTradingDay, parseChain } from 'gex-toolkit';

// One option: price and greeks in raw units (per 1.00 of volatility, per year), and back from its price.
const option = { right: 'C', spot: 5900, strike: 5950, years: 30 / 365, rate: 0.04, dividendYield: 0.013 };
const { price, gamma } = greeks({ ...option, volatility: 0.15 });
const { volatility, status } = impliedVolatility({ ...option, price });
console.log(`price ${price.toFixed(2)}, gamma ${gamma.toFixed(6)}, volatility ${volatility.toFixed(4)} (${status})`);

// A chain: any file `gex compute --chain` takes; here the project's own JSON, made in place.
const contracts = [5700, 5800, 5900, 6000, 6100].flatMap((strike) => [
  { right: 'C', strike, t: 30 / 365, iv: 0.15, openInterest: strike > 5900 ? 900 : 200, volume: 10 },
  { right: 'P', strike, t: 30 / 365, iv: 0.15, openInterest: strike < 5900 ? 900 : 200, volume: 20 },
]);
const chain = parseChain(
  Buffer.from(
    JSON.stringify({
      schema: 'gex-chain/1',
      underlying: 'SPX',
      asOf: '2026-08-19T15:00:00Z',
      spot: 5900,
      rate: 0.04,
      yield: 0.013,
      contracts,
    }),
  ),
  'my chain',
);
const { totals, levels, coverage, convention } = exposureProfile(chain, { iv: 'chain', unit: 'usd-per-1pct' });
console.log(`net GEX ${(totals.netGex / 1e6).toFixed(1)} m ${convention.unit}, ${coverage.priced} contracts priced`);
console.log(`call wall ${levels.callWall}, put wall ${levels.putWall}`);

const curve = gammaCurve(chain, { iv: 'chain' });
console.log(`zero gamma ${curve.zeroGamma.toFixed(2)}, ${curve.profile.spot.length} spots in the profile`);
console.log(`the session after the 4th of July 2026 weekend: ${nextTradingDay('2026-07-02')}`);
