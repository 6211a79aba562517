/** The library: pricing, exposures, chain readers and the exchange calendar. Everything else is internal. */

export {
  type GreekColumns,
  type GreekName,
  type Greeks,
  greekColumns,
  greeks,
  type PricingColumns,
  type PricingInput,
} from './core/blackscholes.js';
export {
  businessDays,
  type Calendar,
  createCalendar,
  holidayOn,
  isTradingDay,
  NYSE,
  newYorkDate,
  newYorkInstant,
  nextTradingDay,
  previousTradingDay,
  type TradingDay,
  tradingDay,
  tradingDays,
} from './core/calendar.js';
export {
  type ChainBuilder,
  type ChainColumns,
  type ChainHead,
  createChainBuilder,
} from './core/chain.js';
export {
  type Clock,
  type Convention,
  type ConventionOptions,
  DEFAULT_RATE,
  type DealerSign,
  type GexUnit,
  type Origin,
  PRESETS,
  type PresetName,
  type Sweep,
  type Weight,
} from './core/convention.js';
export { type Coverage, type ExpiryExposures, type ExposureProfile, exposureProfile } from './core/exposure.js';
export type { Exposures } from './core/exposuresums.js';
export { type GammaCurve, gammaCurve, type ZeroGamma } from './core/gammacurve.js';
export {
  type ImpliedVolatility,
  type ImpliedVolatilityColumns,
  type ImpliedVolatilityInput,
  type ImpliedVolatilityResults,
  type IvStatus,
  impliedVolatility,
  impliedVolatilityColumns,
} from './core/impliedvol.js';
export type { StrikeExposures, StrikeLevels } from './core/levels.js';
export type { MaxPain } from './core/maxpain.js';
export type {
  ChainSnapshot,
  ChainSource,
  ContractTable,
  Expiry,
  PricingModel,
  Right,
  Settlement,
  VendorGreeks,
} from './core/model.js';
export { formatOcc, parseOcc } from './core/occ.js';
export { selectExpiries } from './core/selection.js';
export { expiryInstant, settlementOf, underlyingOf } from './core/settlement.js';
export { ERROR_KINDS, type ErrorKind, GexError } from './errors.js';
export { parseChain, readChainFile } from './feeds/file/chain.js';
export type { ChainReadOptions } from './wire/chain-reading.js';
export { writeGexChain } from './wire/gex-chain.js';
