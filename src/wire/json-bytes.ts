/** What single bytes and pairs of bytes mean in JSON (RFC 8259), as tables for scanners. */

export const [LF, CR, SPACE] = [10, 13, 32];
export const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
export const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/** In PAIRS: look at the two bytes one by one. */
export const STOP = -128;

const [TAB, COLON] = [9, 0x3a];

const SCALAR_BYTES = tableOf('0123456789+-.eEtrufalsn');
const BLANK_BYTES = tableOf(' \t\r\n');

/** Whether a byte may belong to a number, true, false or null. */
export const isScalar = (byte: number): boolean => SCALAR_BYTES[byte] === 1;

export const isBlank = (byte: number): boolean => BLANK_BYTES[byte] === 1;

/** 0 for the bytes that stand in a string for themselves, 1 for quote, backslash and control characters. */
export const STRING_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < SPACE || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);

/** What a byte outside of strings does to the number of open arrays; undefined when it does more than that, or is wrong. */
function arrayBalance(byte: number): number | undefined {
  if (byte === OPEN_ARRAY) return 1;
  if (byte === CLOSE_ARRAY) return -1;
  const isSilent = byte === COMMA || byte === COLON || byte === SPACE || byte === TAB || isScalar(byte);
  return isSilent ? 0 : undefined;
}

const BALANCES = Array.from({ length: 256 }, (_, byte) => arrayBalance(byte));

/**
 * By pair of bytes outside of strings: arrays opened - arrays closed, or STOP when there is more to see. Indexed by what a
 * Uint16Array over the bytes gives on this machine.
 */
export const PAIRS = Int8Array.from({ length: 65_536 }, (_, pair) => {
  const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  const [low, high] = [BALANCES[pair & 255], BALANCES[pair >> 8]];
  const [first, second] = isLittleEndian ? [low, high] : [high, low];
  // ][ leaves the balance as it was, and may still close more than is open.
  if (first === undefined || second === undefined || (first < 0 && second > 0)) return STOP;
  return first + second;
});

/** 1 for the bytes of the text. */
function tableOf(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(text)) table[byte] = 1;
  return table;
}
