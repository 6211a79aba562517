import { Gauge, type Registry } from 'prom-client';
import type { Ctx } from '../../io/ctx.js';
import { readGaps } from '../../stores/archive/gaps.js';
import type { Replay } from '../replay.js';
import { newestOf, sessionNow } from './report.js';

/** Gauges of the day that is being recorded, by ticker. */
export function registerLiveMetrics(registry: Registry, replay: Replay, ctx: Ctx): void {
  const rows = (help: string) => ({ help, labelNames: ['ticker'] as const, registers: [registry] });
  new Gauge({
    ...rows('Age of the newest record, by the clock of the session'),
    name: 'gex_live_record_age_seconds',
    collect() {
      this.reset();
      for (const { ticker, lastMs } of newestOf(replay.session.library)) {
        if (!Number.isNaN(lastMs)) this.set({ ticker }, (sessionNow(replay, ctx) - lastMs) / 1000);
      }
    },
  });
  new Gauge({
    ...rows('Records of the day'),
    name: 'gex_live_records',
    collect() {
      this.reset();
      for (const { ticker, records } of newestOf(replay.session.library)) this.set({ ticker }, records);
    },
  });
  new Gauge({
    ...rows('Spans of the session without records'),
    name: 'gex_live_gaps',
    async collect() {
      this.reset();
      const { library } = replay.session;
      for (const ticker of library.tickers) {
        this.set({ ticker }, (await readGaps(replay.options.root, library.date, ticker)).length);
      }
    },
  });
}
