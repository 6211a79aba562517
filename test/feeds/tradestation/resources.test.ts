import { expect, it } from 'vitest';
import { paceOf, RESOURCES } from '../../../src/feeds/tradestation/resources.js';
import { memoryGate } from '../../../src/io/gate.js';

it.each(Object.values(RESOURCES).map((resource) => [resource.name, resource] as const))(
  '%s: as many requests as there can be stay within the limit in every window of a period',
  async (_, resource) => {
    const gate = memoryGate(paceOf(resource));
    let nowMs = 0;
    const clock = {
      now: () => nowMs,
      sleep: async (ms: number) => {
        nowMs += ms;
      },
    };
    const sent: number[] = [];
    while (nowMs < 3 * resource.periodMs) {
      await gate.take({ clock, signal: new AbortController().signal });
      sent.push(nowMs);
    }
    const inWindow = sent.map((from) => sent.filter((at) => at >= from && at < from + resource.periodMs).length);
    expect(Math.max(...inWindow)).toBeLessThanOrEqual(resource.limit);
    expect(sent.length).toBeGreaterThan(resource.limit);
  },
);
