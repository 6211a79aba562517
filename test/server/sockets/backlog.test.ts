import { describe, expect, it } from 'vitest';
import { Backlog, KeptFrames } from '../../../src/server/sockets/backlog.js';

/** Looks like a frame of so many MiB, without the memory. */
const frameOf = (mib: number): Uint8Array => ({ length: mib * 2 ** 20 }) as Uint8Array;
const noRoom = (): boolean => false;

describe('the frames of all backlogs', () => {
  it('are bounded: past 256 MiB others are given up first, then the newest is refused', () => {
    const lost = [new Backlog(new KeptFrames(noRoom))];
    const frames = new KeptFrames(() => {
      const one = lost.pop();
      one?.clear();
      return one !== undefined;
    });
    lost[0] = new Backlog(frames);
    expect(lost[0].keep(1, frameOf(10))).toBe(true);
    const others = Array.from({ length: 18 }, () => new Backlog(frames));
    expect(others.map((one) => one.keep(1, frameOf(14)))).toEqual(others.map((_, i) => i < 18));
    expect(lost).toEqual([]);
    expect(new Backlog(frames).keep(1, frameOf(14))).toBe(false);
  });

  it('count once, however many connections wait for them, and leave with the last one', () => {
    const frames = new KeptFrames(noRoom);
    const shared = frameOf(15);
    const crowd = Array.from({ length: 100 }, () => new Backlog(frames));
    expect(crowd.every((one) => one.keep(one.nextId(), shared))).toBe(true);
    for (const one of crowd) one.acknowledge(1);
    const others = Array.from({ length: 17 }, () => new Backlog(frames));
    expect(others.every((one) => one.keep(1, frameOf(15)))).toBe(true);
  });
});

describe('a backlog', () => {
  it('is full past 1,000 messages or 16 MiB', () => {
    const many = new Backlog(new KeptFrames(noRoom));
    const small = new Uint8Array(1);
    const kept = Array.from({ length: 1_001 }, () => many.keep(many.nextId(), small));
    expect(kept.indexOf(false)).toBe(1_000);
    const large = new Backlog(new KeptFrames(noRoom));
    expect([large.keep(1, frameOf(16)), large.keep(2, new Uint8Array(1))]).toEqual([true, false]);
  });

  it('forgets up to the acknowledged id; ids from nowhere change nothing', () => {
    const backlog = new Backlog(new KeptFrames(noRoom));
    const frames = Array.from({ length: 5 }, () => new Uint8Array(1));
    for (const frame of frames) backlog.keep(backlog.nextId(), frame);
    backlog.acknowledge(99);
    backlog.acknowledge(0);
    expect(backlog.frames).toHaveLength(5);
    backlog.acknowledge(3);
    backlog.acknowledge(2);
    expect(backlog.frames).toEqual(frames.slice(3));
  });
});
