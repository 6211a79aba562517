import type { ServedBar } from './market/bar-query.js';
import { figure, stamp } from './quote-text.js';

interface BarMarks {
  readonly isEndOfHistory: boolean;
  /** Milliseconds that the server's clock is off. */
  readonly skewMs: number;
}

/** A bar as JSON, stamped at its end. */
export function barText(bar: ServedBar, { isEndOfHistory, skewMs }: BarMarks): string {
  const { open, high, low, close, upVolume, downVolume, upTicks, downTicks, endMs, isOpen, openInterest } = bar;
  const atMs = endMs + skewMs;
  return (
    `{"High":"${figure(high)}","Low":"${figure(low)}","Open":"${figure(open)}","Close":"${figure(close)}",` +
    `"TimeStamp":"${stamp(atMs)}","TotalVolume":"${upVolume + downVolume}","DownTicks":${downTicks},` +
    `"DownVolume":${downVolume},"OpenInterest":"${figure(openInterest)}","IsRealtime":${isOpen},` +
    `"IsEndOfHistory":${isEndOfHistory},"TotalTicks":${upTicks + downTicks},"UnchangedTicks":0,"UnchangedVolume":0,` +
    `"UpTicks":${upTicks},"UpVolume":${upVolume},"Epoch":${atMs},"BarStatus":"${isOpen ? 'Open' : 'Closed'}"}`
  );
}
