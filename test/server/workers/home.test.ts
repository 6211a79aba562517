import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isWholeHead, keyOfHead } from '../../../src/server/workers/head.js';
import { homeOf } from '../../../src/server/workers/home.js';

it('a key has one home, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 64 }), (key, count) => {
      const home = homeOf(key, count);
      expect(Number.isInteger(home) && home >= 0 && home < count).toBe(true);
      expect(homeOf(key, count)).toBe(home);
    }),
  );
});

it('many keys spread evenly', () => {
  for (const count of [2, 3, 8, 64]) {
    const keys = Array.from({ length: 1_000 * count }, (_, i) => `gexbot_custom_${i}`);
    const homes = new Array<number>(count).fill(0);
    for (const key of keys) homes[homeOf(key, count)] = (homes[homeOf(key, count)] ?? 0) + 1;
    // 1,000 each, give or take five standard deviations of a fair draw.
    for (const size of homes) expect(Math.abs(size - 1_000)).toBeLessThan(5 * Math.sqrt(1_000));
  }
});

it.each([
  ['GET /v2/SPX/classic/gex_full HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\n\r\n', 'me'],
  ['GET / HTTP/1.1\r\nhost: x\r\nauthorization:basic me\r\n\r\n', 'me'],
  ['GET /?a=b&key=m%C3%AB HTTP/1.1\r\n\r\n', 'më'],
  ['GET /?key=query HTTP/1.1\r\nAUTHORIZATION: header\r\n\r\n', 'header'],
  ['GET /client/hubs/classic?access_token=abc HTTP/1.1\r\n\r\n', 'owner of abc'],
  ['GET /ws/classic?x=1&access_token=abc HTTP/1.1\r\nAuthorization: other\r\n\r\n', 'owner of abc'],
  ['GET /tickers HTTP/1.1\r\nHost: x\r\n\r\n', undefined],
  ['POST /x HTTP/1.1\r\nHost: x\r\n\r\nAuthorization: in the body\r\n\r\n', undefined],
  [`GET /?key=${'k'.repeat(300)} HTTP/1.1\r\n\r\n`, undefined],
  ['\r\n\r\n', undefined],
])('the key of %j is %j', (head, key) => {
  expect(keyOfHead(Buffer.from(head), (token) => `owner of ${token}`)).toBe(key);
});

it('any bytes are a head with or without a key, never an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const key = keyOfHead(Buffer.from(bytes), () => undefined);
      expect(key === undefined || key.length > 0).toBe(true);
    }),
  );
});

it('a head is whole at its empty line, or when it is longer than any server takes', () => {
  expect(isWholeHead(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n'))).toBe(false);
  expect(isWholeHead(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))).toBe(true);
  expect(isWholeHead(Buffer.alloc(16 * 1024 - 1, 97))).toBe(false);
  expect(isWholeHead(Buffer.alloc(16 * 1024, 97))).toBe(true);
});
