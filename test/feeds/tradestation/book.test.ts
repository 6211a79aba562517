import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBook } from '../../../src/feeds/tradestation/book.js';
import type { QuoteFields } from '../../../src/feeds/tradestation/model.js';

const SYMBOL = 'SPY 251219C682';

/** A book of one symbol that was given these messages, a second apart. */
function rowAfter(...messages: (QuoteFields | 'session' | 'gap' | 'restart')[]) {
  let book = createBook(4);
  book.add([SYMBOL]);
  messages.forEach((message, second) => {
    if (message === 'restart') {
      const { state } = book;
      book = createBook(4);
      book.goOn(state());
      book.add([SYMBOL]);
    } else if (message === 'session') book.beginSession(second * 1000);
    else if (message === 'gap') {
      book.forgetQuotes([SYMBOL]);
      book.expectSnapshot([SYMBOL]);
    } else book.apply({ symbol: SYMBOL, ...message }, second * 1000);
  });
  return Object.fromEntries(Object.entries(book.columns).map(([name, column]) => [name, column[0]]));
}

const FULL = { bid: 3, ask: 3.1, last: 3.05, volume: 100, openInterest: 11873 };

describe('the quote book', () => {
  it('keeps what a delta does not mention', () => {
    expect(rowAfter(FULL, { ask: 3.2 })).toMatchObject({ bid: 3, ask: 3.2, last: 3.05, volume: 100, quotedMs: 1000 });
  });

  it('takes zeros of volume and open interest for noise', () => {
    expect(rowAfter(FULL, { volume: 0, openInterest: 0 })).toMatchObject({ volume: 100, openInterest: 11873 });
  });

  it('keeps a zero bid: nobody bids', () => expect(rowAfter(FULL, { bid: 0 })).toMatchObject({ bid: 0 }));

  it('gives no side to what was traded before it listened', () => {
    expect(rowAfter(FULL)).toMatchObject({ volume: 100, netBought: 0, unsided: 100 });
  });

  it('counts what the volume grew by at the side that the quote before the trade tells', () => {
    expect(rowAfter(FULL, { last: 3.1, volume: 105 }, { last: 3, volume: 107 })).toMatchObject({
      ...{ volume: 107, netBought: 5 - 2, unsided: 100 },
    });
  });

  it('judges a trade by the quote before it when one message has both', () => {
    expect(rowAfter(FULL, { bid: 3.1, ask: 3.2, last: 3.1, volume: 104 })).toMatchObject({ netBought: 4 });
  });

  it('never lets the volume of a session fall', () => {
    expect(rowAfter(FULL, { volume: 90 }, { volume: 101, last: 3.1 })).toMatchObject({ volume: 101, netBought: 1 });
  });

  it('begins again with the first volume of a new session, without a phantom trade', () => {
    expect(rowAfter(FULL, 'session')).toMatchObject({ volume: 0, netBought: 0, unsided: 0 });
    expect(rowAfter(FULL, 'session', { volume: 100, bid: 3 })).toMatchObject({ volume: 0, netBought: 0, unsided: 0 });
    expect(rowAfter(FULL, 'session', { volume: 0 })).toMatchObject({ volume: 0, netBought: 0 });
    expect(rowAfter(FULL, 'session', { volume: 7, last: 3.1 })).toMatchObject({ volume: 7, netBought: 7 });
  });

  it('takes a volume above that of the session before for its last trades while clocks may differ', () => {
    const book = createBook(4);
    book.add([SYMBOL]);
    const open = 10_000;
    book.apply({ symbol: SYMBOL, ...FULL }, open - 1000);
    book.beginSession(open);
    book.apply({ symbol: SYMBOL, volume: 0 }, open + 100);
    book.apply({ symbol: SYMBOL, last: 3.1, volume: 103 }, open + 1000);
    expect([book.columns.volume[0], book.columns.netBought[0]]).toEqual([0, 0]);
    book.apply({ symbol: SYMBOL, last: 3.1, volume: 104 }, open + 61_000);
    expect([book.columns.volume[0], book.columns.netBought[0]]).toEqual([104, 104]);
  });

  it('counts the volume of a gap once, without a side', () => {
    expect(rowAfter(FULL, 'gap', { ...FULL, last: 3.1, volume: 140 }, { last: 3.1, volume: 141 })).toMatchObject({
      ...{ volume: 141, netBought: 1, unsided: 140 },
    });
  });

  it('knows no quote between a gap and the snapshot after it', () => {
    expect(rowAfter(FULL, 'gap')).toMatchObject({ bid: Number.NaN, ask: Number.NaN, last: 3.05, volume: 100 });
  });

  it('goes on from a state as behind a gap: positions stay, what went by has no side, the tick rule knows the last price', () => {
    expect(rowAfter(FULL, { last: 3.1, volume: 105 }, 'restart')).toMatchObject({
      ...{ bid: Number.NaN, ask: Number.NaN, last: 3.1, volume: 105, netBought: 5, unsided: 100 },
      ...{ openInterest: 11873, quotedMs: Number.NaN },
    });
    const seen = { bid: 3.05, ask: 3.15, last: 3.1, volume: 140, openInterest: 0 };
    expect(rowAfter(FULL, { last: 3.1, volume: 105 }, 'restart', seen, { last: 3.1, volume: 142 })).toMatchObject({
      ...{ volume: 142, netBought: 5 + 2, unsided: 100 + 35, openInterest: 11873 },
    });
  });

  it('still knows the volume of the session before after a restart', () => {
    expect(rowAfter(FULL, 'session', 'restart', FULL)).toMatchObject({ volume: 0, netBought: 0, unsided: 0 });
    expect(rowAfter(FULL, 'session', 'restart', { volume: 7, last: 3.1 })).toMatchObject({ volume: 7, unsided: 7 });
  });

  it('keeps what a state says of contracts that are not in the book yet', () => {
    const [first, second, third] = [createBook(), createBook(), createBook()];
    first.add([SYMBOL]);
    first.apply({ symbol: SYMBOL, ...FULL }, 0);
    second.goOn(first.state());
    second.add(['SPY 251219P682']);
    third.goOn(second.state());
    third.add([SYMBOL]);
    expect([third.columns.volume[0], third.columns.unsided[0]]).toEqual([100, 100]);
  });

  it('ends with the largest volume of a session, all of it accounted for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1 }),
        fc.array(fc.double({ min: 2, max: 4, noNaN: true })),
        (volumes, prices) => {
          const messages = volumes.map((volume, i) => ({
            bid: 3,
            ask: 3.1,
            volume,
            last: prices[i % prices.length] ?? 3,
          }));
          const { volume = 0, netBought = 0, unsided = 0 } = rowAfter(...messages);
          expect(volume).toBe(Math.max(...volumes));
          expect(Math.abs(netBought) + unsided).toBeLessThanOrEqual(volume);
        },
      ),
    );
  });

  it('says which symbols it does not have', () => {
    const book = createBook(1);
    expect(book.apply({ symbol: SYMBOL, bid: 1 }, 0)).toBe(-1);
    book.add([SYMBOL, SYMBOL]);
    expect(book.apply({ symbol: SYMBOL, bid: 1 }, 0)).toBe(0);
    expect(() => book.add(['SPY 251219P682'])).toThrow(RangeError);
  });
});
