import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BadRecord,
  crc32c,
  decodeRecord,
  encodeRecord,
  LOG_KINDS,
  type LogKind,
  seal,
  unseal,
} from '../../src/journal/log/index.js';

const kinds = Object.keys(LOG_KINDS) as LogKind[];

const records = fc.record({
  kind: fc.constantFrom(...kinds),
  seq: fc.nat(Number.MAX_SAFE_INTEGER),
  identity: fc.string({ maxLength: 60, unit: 'grapheme-ascii' }),
  rules: fc.nat(65535),
  packing: fc.nat(65535),
  body: fc.uint8Array({ maxLength: 300 }),
});

test('crc32c is that of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

test('a record is read as it was written', () => {
  fc.assert(
    fc.property(records, (record) => {
      expect(decodeRecord(encodeRecord(record))).toEqual(record);
    }),
    { seed: 17 },
  );
});

test('a record with one bit changed, or cut short, is none', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.nat(7), (record, place, bit) => {
      const bytes = encodeRecord(record);
      const at = place % bytes.length;
      expect(() => decodeRecord(bytes.subarray(0, at))).toThrow(BadRecord);
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      expect(() => decodeRecord(bytes)).toThrow(BadRecord);
    }),
    { seed: 17 },
  );
});

test('sealed bytes are found to be changed', () => {
  const sealed = seal(new Uint8Array([1, 2, 3]));
  expect([...unseal(sealed)]).toEqual([1, 2, 3]);
  expect([...unseal(seal(new Uint8Array()))]).toEqual([]);
  expect(() => unseal(sealed.subarray(0, 6))).toThrow(BadRecord);
  expect(() => unseal(new Uint8Array(2))).toThrow(BadRecord);
  sealed[6] = 0;
  expect(() => unseal(sealed)).toThrow(BadRecord);
});
