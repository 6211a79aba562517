import type { Batch, Bus } from '../bus/bus.js';
import type { Gap } from '../stores/archive/gaps.js';
import type { Tick } from '../stores/sql/ticks.js';
import { CATEGORIES } from '../wire/catalogue.js';

const TICKS = 'market.ticks';
const RECORDS = 'gex.records';

/** One ticker's session on a bus. */
interface LiveBus {
  /** The tick on `market.ticks`, its 15 lines on `gex.records`, in their bytes. */
  publish(tick: Tick, lines: readonly Uint8Array[]): void;
  /** On `gex.records`, among the records. */
  gap(gap: Gap): void;
}

/** Publishes a ticker's session. */
export function liveBus(bus: Bus, { date, ticker }: { readonly date: string; readonly ticker: string }): LiveBus {
  const heads = CATEGORIES.map(({ package: name, category }) => {
    const head = JSON.stringify({ type: 'record', date, ticker, package: name, category });
    return Buffer.from(`${head.slice(0, -1)},"record":`);
  });
  const publish = (topic: string, atMs: number, messages: Batch['messages']): void =>
    bus.publish({ topic, key: ticker, atMs, messages });
  return {
    publish: ({ atMs, price, bid, ask, volume }, lines) => {
      const data = { ticker, price, volume, bid, ask, timestamp: atMs }; // JSON says null for what is unknown
      publish(TICKS, atMs, [json({ type: 'tick', data })]);
      // Copies: the memory of the lines is used again by the next record.
      publish(
        RECORDS,
        atMs,
        heads.map((head, i) => Buffer.concat([head, lines[i] as Uint8Array, CLOSE])),
      );
    },
    gap: ({ fromMs, toMs, reason }) =>
      publish(RECORDS, fromMs, [json({ type: 'gap', date, ticker, from: fromMs / 1000, to: toMs / 1000, reason })]),
  };
}

const CLOSE = Buffer.from('}');

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
