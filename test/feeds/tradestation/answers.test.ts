import { describe, expect, it } from 'vitest';
import { faultOf, jsonBody, rateHeaders } from '../../../src/feeds/tradestation/answers.js';

const body = (title: string, message = 'why'): string => JSON.stringify({ Error: title, Message: message });

describe('faultOf', () => {
  it.each([
    [400, body('BadRequest'), 'badRequest', false],
    [401, body('Unauthorized'), 'auth', false],
    [403, body('Forbidden'), 'scope', false],
    [403, body('Forbidden', 'Quota Exceeded'), 'quota', true],
    [404, body('NotFound'), 'notFound', false],
    [404, body('NotFound', 'No data available.'), 'noData', false],
    [414, '<html>', 'tooLong', false],
    [429, body('TooManyRequests', 'Rate quota exceeded'), 'quota', true],
    [500, body('InternalServerError'), 'upstream', true],
    [501, body('NotImplemented'), 'badRequest', false],
    [502, '<html>Bad gateway</html>', 'upstream', true],
    [503, body('ServiceUnavailable'), 'maintenance', true],
    [504, '', 'upstream', true],
    [200, body('BadRequest'), 'badRequest', false],
    [200, body('SomethingNew'), 'upstream', true],
  ])('%i %s is %s', (status, text, kind, retried) => expect(faultOf(status, text)).toMatchObject({ kind, retried }));

  it('finds nothing wrong with an answer or an empty success', () => {
    expect(faultOf(200, '{"Quotes":[],"Errors":[]}')).toBeUndefined();
    expect(faultOf(204, '')).toBeUndefined();
    expect(jsonBody('')).toEqual({});
  });

  it('keeps a long message short and on one line', () => {
    const { message = '' } = faultOf(400, body('BadRequest', `line\n${'x'.repeat(900)}`)) ?? {};
    expect(message).toMatch(/^line x+$/);
    expect(message).toHaveLength(200);
  });
});

describe('rateHeaders', () => {
  it('reads the reset as a duration', () => {
    expect(
      rateHeaders({
        'x-ratelimit-resource': 'option-strikes',
        'x-ratelimit-limit': '90',
        'x-ratelimit-period': '60',
        'x-ratelimit-remaining': '1',
        'x-ratelimit-reset': '20',
      }),
    ).toEqual({ resource: 'option-strikes', limit: 90, periodMs: 60_000, remaining: 1, resetMs: 20_000 });
  });

  it('says nothing where there is nothing', () => expect(rateHeaders({})).toEqual({}));
});
