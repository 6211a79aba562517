import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GexError } from '../../src/errors.js';
import { readChainText } from '../../src/wire/chain-text.js';

const TITLES = 'Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest';
const HEADER = `Expiration Date,Calls,${TITLES},Strike,Puts,${TITLES}`;
const DATE = '"Date: August 19, 2026 at 4:31 PM EDT",Bid: 769,Ask: 769.1,Size: 9*11,"Volume: 71,039,449"';
const LINE =
  'Fri Aug 21 2026,SPY260821C00770000,1.5,0,1.4,1.6,"1,234",0.12,0.5,0.02,"12,345",770.00,SPY260821P00770000,2.5,0,2.4,2.6,7,0.13,-0.5,0.02,9';
const csv = (...lines: string[]): string => `\nSPDR S&P 500,Last: 769.06,Change: 1\n${lines.join('\n')}`;

describe('quotedata CSV', () => {
  it('is read by the names of its columns, in any order, case and quoting', () => {
    const plain = readChainText(csv(DATE, HEADER, LINE), 'x');
    expect([...plain.openInterest]).toEqual([12_345, 9]);
    expect([...plain.volume]).toEqual([1234, 7]);
    const crlf = readChainText(csv(DATE, HEADER, LINE).replaceAll('\n', '\r\n'), 'x');
    expect(crlf).toEqual(plain);
    const quoted = readChainText(csv(DATE, HEADER.replace(/[^,]+/g, '"$&"'), LINE), 'x');
    expect(quoted).toEqual(plain);
    const titles = 'IV,Open Interest,Bid,Ask,Last Sale,Gamma,Delta,Volume';
    const other = csv(
      DATE,
      `EXPIRATION DATE,Calls,${titles},Strike,Puts,${titles}`.toUpperCase(),
      'Fri Aug 21 2026,SPY260821C00770000,0.12,12345,1.4,1.6,1.5,0.02,0.5,1234,770,SPY260821P00770000,0.13,9,2.4,2.6,2.5,0.02,-0.5,7',
    );
    expect(readChainText(other, 'x')).toEqual(plain);
  });

  it('keeps an unterminated quote inside its line', () => {
    const open = LINE.replace('"12,345"', '"12');
    const chain = readChainText(csv(DATE.slice(0, -1), HEADER, `${open}`, LINE.replaceAll('770', '771')), 'x');
    expect(chain.contracts.length + Object.values(chain.rejected).reduce((a, b) => a + b, 0)).toBe(4);
    expect([...chain.contracts.strike]).toContain(771);
  });

  it('counts every side: a line without a put is one contract and one rejected row', () => {
    const oneSided = 'Fri Aug 21 2026,SPY260821C00770000,1.5,0,1.4,1.6,3,0.12,0.5,0.02,5,770.00,,,,,,,,,,';
    const chain = readChainText(
      csv(DATE, HEADER, oneSided, LINE, 'Fri Aug 21 2026,SPY260821C0077X000,,,,,,,,,,,SPY260832P00770000'),
      'x',
    );
    expect(chain.contracts.length).toBe(2);
    expect(chain.rejected).toEqual({ 'no symbol': 1, duplicate: 1, 'bad symbol': 2 });
  });

  it('says what is missing: date, understandable date, price, columns', () => {
    expect(() => readChainText(csv(HEADER, LINE), 'x.csv')).toThrow(
      'x.csv: has no date line before its header; give --as-of',
    );
    expect(() => readChainText(csv('Date: someday,Bid: 1', HEADER, LINE), 'x.csv')).toThrow(
      'its date "someday" is not understood; give --as-of',
    );
    expect(() => readChainText(`\nname\n${DATE}\n${HEADER}\n${LINE}`, 'x.csv')).toThrow(
      'needs a positive current price of the underlying, found none; give one with --spot',
    );
    expect(() => readChainText(csv(DATE, 'Expiration Date,Calls,IV,Strike,Puts,IV', LINE), 'x.csv')).toThrow(
      'its header needs Calls, then Puts, each with "Open Interest"',
    );
    expect(readChainText(csv(HEADER, LINE), 'x', { asOfMs: 5, spot: 770 })).toMatchObject({ asOfMs: 5, spot: 770 });
  });
});

describe('delayed-quotes JSON', () => {
  const option = {
    option: 'SPY260821C00770000',
    bid: 1,
    ask: 2,
    iv: 0.12,
    open_interest: 5,
    volume: 3,
    delta: 0.5,
    gamma: 0.02,
    last_trade_price: 1.5,
  };
  const body = (...options: unknown[]): string =>
    JSON.stringify({
      timestamp: '2026-08-19 21:58:45',
      data: { options, symbol: 'SPY', current_price: 769.06, close: 769.06 },
    });
  const put = { ...option, option: 'SPY260821P00770000' };

  it('keeps unknown apart from 0: no offer, no trade and no volatility are NaN, no bid and no gamma are 0', () => {
    const chain = readChainText(
      body({ ...option, bid: 0, ask: 0, iv: 0, gamma: 0, last_trade_price: 0 }, { ...put, iv: 0.02 }),
      'x',
    );
    expect([chain.bid[0], chain.ask[0], chain.iv[0], chain.last[0]]).toEqual([0, Number.NaN, Number.NaN, Number.NaN]);
    expect(chain.vendor?.gamma[0]).toBe(0);
    expect(chain.iv[1]).toBeNaN();
  });

  it('reads missing, null and text numbers as what they are', () => {
    const chain = readChainText(
      body({ option: option.option, open_interest: null, volume: '12', bid: 'n/a' }, put),
      'x',
    );
    expect([chain.openInterest[0], chain.volume[0], chain.bid[0]]).toEqual([Number.NaN, 12, Number.NaN]);
  });

  it('makes negative and infinite numbers unknown and says how many there were', () => {
    const text = body({ ...option, open_interest: -5, bid: -1 }, { ...put, volume: 7.5 }).replace('7.5', '1e999');
    const chain = readChainText(text, 'x');
    expect([chain.openInterest[0], chain.bid[0], chain.volume[1]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(chain.warnings).toEqual([
      '1 contracts have a negative or infinite bid: read as unknown',
      '1 contracts have a negative or infinite open interest: read as unknown',
      '1 contracts have a negative or infinite volume: read as unknown',
    ]);
  });

  it('rejects rows by reason and keeps the rest: rows in = contracts + rejected', () => {
    const rows = [
      option,
      option,
      null,
      7,
      {},
      { option: 7 },
      { ...option, option: 'SPY261332C00770000' },
      { ...option, option: 'SPY510821C00770000' },
      { ...option, option: 'SPY260821C00000000' },
      put,
    ];
    const chain = readChainText(body(...rows), 'x');
    expect(chain.contracts.length).toBe(2);
    expect(chain.rejected).toEqual({
      duplicate: 1,
      'not an object': 2,
      'no symbol': 2,
      'bad symbol': 2,
      'bad expiry': 1,
    });
    expect(chain.contracts.length + Object.values(chain.rejected).reduce((a, b) => a + b, 0)).toBe(rows.length);
  });

  it('keeps expired contracts, crossed quotes and one-sided chains for the engine to judge', () => {
    const chain = readChainText(body({ ...option, option: 'SPY260818C00770000', bid: 5, ask: 2 }), 'x');
    expect(chain.contracts.length).toBe(1);
    expect([chain.bid[0], chain.ask[0]]).toEqual([5, 2]);
    expect(chain.contracts.expiries[0]?.expiryMs).toBeLessThan(chain.asOfMs);
  });

  it('takes the underlying from the roots where the body names none, and tells adjusted roots', () => {
    const text = body(
      { ...option, option: 'SPXW260821C07700000' },
      { ...option, option: 'SPX260821C07700000' },
      { ...option, option: 'AAPL1260821C00100000' },
    ).replace('"symbol":"SPY",', '');
    const chain = readChainText(text, 'x');
    expect(chain.underlying).toBe('SPX');
    expect(chain.warnings).toEqual(['1 contracts of the adjusted root AAPL1 are counted at their listed multiplier']);
  });

  it('reads symbols padded to 21 characters', () => {
    const chain = readChainText(
      body({ ...option, option: 'SPY   260821C00770000' }, { ...option, option: 'SPY260821C00770000' }),
      'x',
    );
    expect(chain.contracts.length).toBe(1);
    expect(chain.rejected).toEqual({ duplicate: 1 });
  });

  it('names a bad timestamp and a missing price', () => {
    expect(() => readChainText(body(option).replace('2026-08-19 21:58:45', 'soon'), 'x.json')).toThrow(
      'x.json: its timestamp "soon" is no "YYYY-MM-DD HH:MM:SS"; give --as-of',
    );
    expect(() => readChainText(body(option).replaceAll('769.06', '0'), 'x.json')).toThrow(
      'needs a positive current price of the underlying, found 0',
    );
  });
});

describe('hostile input', () => {
  /** Reads a text and checks what every answer must hold: a consistent chain, or one sentence. */
  const judge = (text: string): void => {
    try {
      const chain = readChainText(text, 'x');
      const { contracts } = chain;
      expect(contracts.length).toBeGreaterThan(0);
      expect(chain.spot).toBeGreaterThan(0);
      expect(Number.isFinite(chain.asOfMs)).toBe(true);
      expect(contracts.strike.every((strike) => strike > 0 && Number.isFinite(strike))).toBe(true);
      expect(contracts.expiry.every((index) => contracts.expiries[index] !== undefined)).toBe(true);
      for (const column of [chain.bid, chain.ask, chain.last, chain.iv, chain.openInterest, chain.volume]) {
        expect(column.length).toBe(contracts.length);
        expect(column.every((value) => Number.isNaN(value) || (value >= 0 && Number.isFinite(value)))).toBe(true);
      }
    } catch (error) {
      if (!(error instanceof GexError)) throw error;
      expect(error.kind).toBe('data');
      expect(error.message).toMatch(/^x: [^\n]{10,400}$/);
    }
  };
  const valid = [
    csv(DATE, HEADER, LINE, LINE.replaceAll('770', '771')),
    '{"timestamp":"2026-08-19 21:58:45","data":{"options":[{"option":"SPY260821C00770000","bid":1,"ask":2,"iv":0.12,"open_interest":5,"gamma":0.02}],"symbol":"SPY","current_price":769.06,"close":769.06}}',
    '{"schema":"gex-chain/1","underlying":"SPX","asOf":"2026-07-22T18:00:00Z","spot":7498.96,"contracts":[{"root":"SPXW","right":"C","strike":7500,"expiry":"2026-07-22","openInterest":10,"bid":12,"multiplier":100},{"right":"P","strike":7500,"t":0.1}]}',
  ];

  it('with characters changed, cut out or put in gives a consistent chain or one sentence', () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.integer({ min: 0, max: 12 }),
      put: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom('"', ',', '{', ']', '\n', '-', '1e999', 'NaN', 'null', '[]', '{}', '\u0000'),
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom(...valid), fc.array(edit, { minLength: 1, maxLength: 4 }), (text, edits) => {
        judge(
          edits.reduce((edited, { at, cut, put }) => {
            const start = Math.floor(at * edited.length);
            return edited.slice(0, start) + put + edited.slice(start + cut);
          }, text),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('of any JSON where fields are expected gives a consistent chain or one sentence', () => {
    const option = fc.dictionary(
      fc.constantFrom('option', 'bid', 'ask', 'iv', 'open_interest', 'volume', 'gamma'),
      fc.oneof(fc.jsonValue(), fc.constant('SPY260821C00770000')),
    );
    const contract = fc.dictionary(
      fc.constantFrom(
        'root',
        'right',
        'strike',
        'expiry',
        't',
        'iv',
        'openInterest',
        'multiplier',
        'settlement',
        'symbol',
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom('C', '2026-08-21', 10)),
    );
    const body = fc.oneof(
      fc.record({
        timestamp: fc.jsonValue(),
        data: fc.record({
          options: fc.array(fc.oneof(option, fc.jsonValue())),
          symbol: fc.jsonValue(),
          current_price: fc.oneof(fc.constant(5), fc.jsonValue()),
        }),
      }),
      fc.record({ options: fc.array(option), current_price: fc.constant(5) }),
      fc.record({
        schema: fc.constant('gex-chain/1'),
        underlying: fc.constant('X'),
        asOf: fc.constant('2026-07-22T18:00:00Z'),
        spot: fc.constant(5),
        contracts: fc.array(contract),
      }),
    );
    fc.assert(
      fc.property(body, (value) => judge(JSON.stringify(value))),
      { numRuns: 2000 },
    );
  });
});
