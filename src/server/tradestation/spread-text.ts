import { greeks } from '../../core/blackscholes.js';
import { MS_PER_YEAR } from '../../core/settlement.js';
import type { Exchange } from './exchange.js';
import type { QuoteState } from './market/quote-state.js';
import { figure, rounded } from './quote-text.js';
import type { Instrument } from './symbols.js';

type Option = Extract<Instrument, { kind: 'option' }>;

interface SpreadLeg {
  readonly instrument: Option;
  readonly ratio: number;
  readonly quote: QuoteState;
}

interface SpreadSettings {
  readonly enableGreeks: boolean;
  /** Annual decimal; undefined: the market's own. */
  readonly riskFreeRate: number | undefined;
}

/** A spread of the option streams as JSON: greeks and quotes of its legs added up by ratio (contract section 6.5). */
export function spreadText(
  exchange: Exchange,
  legs: readonly SpreadLeg[],
  atMs: number,
  settings: SpreadSettings,
): string {
  const [first] = legs;
  if (!first) return '{}';
  const sum = (of: (quote: QuoteState) => number): number =>
    legs.reduce((total, leg) => total + leg.ratio * of(leg.quote), 0);
  // To buy the spread one pays the ask of what is bought and takes the bid of what is sold.
  const bid = legs.reduce((total, { ratio, quote }) => total + ratio * (ratio > 0 ? quote.bid : quote.ask), 0);
  const ask = legs.reduce((total, { ratio, quote }) => total + ratio * (ratio > 0 ? quote.ask : quote.bid), 0);
  const price = (value: number): string => (legs.length === 1 ? figure(value) : rounded(value, 4));
  const [last, previous] = [sum((q) => q.last), sum((q) => q.previousClose)];
  const rights = new Set(legs.map(({ instrument }) => instrument.option.right));
  const side = rights.size > 1 ? 'Both' : rights.has('C') ? 'Call' : 'Put';
  const strikes = [...new Set(legs.map(({ instrument }) => String(instrument.option.strike)))];
  const count = (of: (quote: QuoteState) => number): number =>
    legs.reduce((low, leg) => Math.min(low, of(leg.quote)), of(first.quote));
  const openInterest = count((q) => q.openInterest);
  return (
    `{${settings.enableGreeks ? greekText(exchange, legs, atMs, settings) : ''}` +
    `${Number.isNaN(openInterest) ? '' : `"DailyOpenInterest":${openInterest},`}"Ask":"${price(ask)}","Bid":"${price(bid)}",` +
    `"Mid":"${legs.length === 1 && bid > 0.01 ? rounded((bid + ask) / 2, 10) : figure((bid + ask) / 2)}","AskSize":${count((q) => q.askSize)},` +
    `"BidSize":${count((q) => q.bidSize)},"Close":"${price(last)}","High":"${price(sum((q) => q.high))}",` +
    `"Last":"${price(last)}","Low":"${price(sum((q) => q.low))}","NetChange":"${rounded(last - previous, 4)}",` +
    `"NetChangePct":"${rounded(last / previous - 1, 6)}","Open":"${price(sum((q) => q.open))}",` +
    `"PreviousClose":"${price(previous)}","Volume":${count((q) => q.volume)},"Side":"${side}",` +
    `"Strikes":${JSON.stringify(strikes)},"Legs":[${legs.map(legText).join(',')}]}`
  );
}

function legText({ instrument: { symbol, option }, ratio }: SpreadLeg): string {
  return (
    `{"Symbol":"${symbol}","Ratio":${ratio},"StrikePrice":"${option.strike}","Expiration":"${option.date}T00:00:00Z",` +
    `"OptionType":"${option.right === 'C' ? 'Call' : 'Put'}","AssetType":"StockOption"}`
  );
}

/** Greeks of the model at the planted volatility: theta per day, rho and vega per point. Blank after expiry. */
function greekText(exchange: Exchange, legs: readonly SpreadLeg[], atMs: number, settings: SpreadSettings): string {
  const total = { delta: 0, theta: 0, gamma: 0, rho: 0, vega: 0, price: 0, intrinsic: 0 };
  let [iv, itm, deviation] = [Number.NaN, Number.NaN, Number.NaN];
  for (const { instrument, ratio } of legs) {
    const planted = exchange.planted(instrument, atMs);
    if (!planted) continue;
    const { option, ticker } = instrument;
    const years = (planted.expiryMs - planted.pricedMs) / MS_PER_YEAR;
    const rate = settings.riskFreeRate ?? ticker.rate;
    const input = { right: option.right, spot: planted.spot, strike: option.strike, years, volatility: planted.iv };
    const greek = greeks({ ...input, rate, dividendYield: ticker.dividendYield });
    total.delta += ratio * greek.delta;
    total.theta += (ratio * greek.theta) / 365;
    total.gamma += ratio * greek.gamma;
    total.rho += (ratio * greek.rho) / 100;
    total.vega += (ratio * greek.vega) / 100;
    total.price += ratio * greek.price;
    const sign = option.right === 'C' ? 1 : -1;
    total.intrinsic += ratio * Math.max(0, sign * (planted.spot - option.strike));
    if (legs.length > 1) continue;
    iv = planted.iv;
    deviation = planted.spot * planted.iv * Math.sqrt(years);
    itm = Math.abs(greek.delta);
  }
  const mid = legs.reduce((sum, { ratio, quote }) => sum + (ratio * (quote.bid + quote.ask)) / 2, 0);
  const odds = `"ProbabilityITM":"${rounded(itm, 4)}","ProbabilityOTM":"${rounded(1 - itm, 4)}","ProbabilityBE":"${rounded(itm * 0.7, 4)}"`;
  return (
    `"Delta":"${rounded(total.delta, 6)}","Theta":"${rounded(total.theta, 6)}","Gamma":"${rounded(total.gamma, 8)}",` +
    `"Rho":"${rounded(total.rho, 6)}","Vega":"${rounded(total.vega, 6)}","ImpliedVolatility":"${rounded(iv, 6)}",` +
    `"IntrinsicValue":"${rounded(total.intrinsic, 4)}","ExtrinsicValue":"${rounded(mid - total.intrinsic, 4)}",` +
    `"TheoreticalValue":"${rounded(total.price, 4)}","TheoreticalValue_IV":"${rounded(total.price, 4)}",${odds},` +
    `${odds.replace(/"(\w+)":/g, '"$1_IV":')},"StandardDeviation":"${rounded(deviation, 4)}",`
  );
}
