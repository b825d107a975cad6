import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createVm, step, vcpuStateOf } from '../../src/mmu/index.js';
import {
  bitsOf,
  hasBit,
  isCanonical,
  withoutBit,
  wordFromHex,
  wordToHex,
} from '../../src/mmu/machine/index.js';
import {
  COMMAND_KINDS,
  Command,
  createJsonWriter,
  MmuEvent,
  Outcome,
  VcpuState,
  VmConfig,
} from '../../src/mmu/schema/index.js';

const SEED = 11;
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('a 64-bit word', () => {
  test('survives hex, whatever its value', () => {
    fc.assert(
      fc.property(u64, (value) => {
        const hex = `0x${value.toString(16)}`;
        expect(wordToHex(wordFromHex(hex))).toBe(hex);
      }),
      { seed: SEED },
    );
  });

  test('has the bits that the value has, and loses only the one that is cleared', () => {
    fc.assert(
      fc.property(u64, fc.integer({ min: 0, max: 63 }), (value, bit) => {
        const word = wordFromHex(`0x${value.toString(16)}`);
        expect(hasBit(word, bit)).toBe(((value >> BigInt(bit)) & 1n) === 1n);
        const cleared = value & ~(1n << BigInt(bit));
        expect(wordToHex(withoutBit(word, bit))).toBe(`0x${cleared.toString(16)}`);
      }),
      { seed: SEED },
    );
  });

  test('is asked for a range of bits across the page boundary', () => {
    fc.assert(
      fc.property(
        u64,
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 23 }),
        (value, low, width) => {
          const range = { high: low + width, low };
          const mask = ((1n << BigInt(width + 1)) - 1n) << BigInt(low);
          expect(bitsOf(wordFromHex(`0x${value.toString(16)}`), range)).toBe(
            Number((value & mask) >> BigInt(low)),
          );
        },
      ),
      { seed: SEED },
    );
  });

  test.each([
    ['0x7fffffffffff', 48, true],
    ['0x800000000000', 48, false],
    ['0xffff800000000000', 48, true],
    ['0xffff7fffffffffff', 48, false],
    ['0xff000000000000', 57, true],
    ['0x100000000000000', 57, false],
    ['0xffffffffffffffff', 57, true],
  ])('%s with %i bits: canonical %s', (hex, width, canonical) => {
    expect(isCanonical(wordFromHex(hex), width)).toBe(canonical);
  });
});

describe('the JSON writer', () => {
  test('says of every event, outcome and state what zod says, byte for byte', () => {
    const vm = createVm(VmConfig.parse({ registers: { cr4: '0x20a0' } }));
    const events: MmuEvent[] = [];
    const emit = (_vcpu: unknown, event: MmuEvent) => events.push(event);
    const outcomes = SCRIPT.map((command) =>
      step(vm, Command.parse({ vcpu: 0, ...command }), emit),
    );
    const state = vcpuStateOf(vm, vm.vcpus[0] as (typeof vm.vcpus)[number]);

    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['ok', 'fault', 'vm-fail']));
    for (const event of events) expectSameText(MmuEvent, event);
    for (const outcome of outcomes) expectSameText(Outcome, outcome);
    expectSameText(VcpuState, state);
  });

  test('escapes what JSON must escape', () => {
    const write = createJsonWriter(z.strictObject({ text: z.string() }));
    expect(write({ text: 'a"\n' })).toBe('{"text":"a\\"\\n"}');
  });

  test('refuses, when it is made, a schema that the wire has no use for', () => {
    expect(() => createJsonWriter(z.date())).toThrow('Cannot write schema of type "date"');
  });
});

describe('the command schema', () => {
  test('has a summary, and an endpoint body, for every kind', () => {
    expect(COMMAND_KINDS).toHaveLength(48);
  });

  test.each([
    ['an unknown field', { kind: 'enter', vcpu: 0, when: 1 }],
    ['an unknown kind', { kind: 'reboot', vcpu: 0 }],
    ['17 digits', { kind: 'mov-cr3', vcpu: 0, value: '0x10000000000000000' }],
    ['a number for an address', { kind: 'mov-cr3', vcpu: 0, value: 4096 }],
    ['a vCPU below 0', { kind: 'enter', vcpu: -1 }],
    ['a vCPU beyond the bound', { kind: 'enter', vcpu: 64 }],
    ['a fraction', { kind: 'invpcid', vcpu: 0, type: 1.5, pcid: 0, gva: '0x0' }],
  ])('refuses %s', (_what, input) => {
    expect(Command.safeParse(input).success).toBe(false);
  });
});

test.each(['0xA000', '0X00a000', '0x000000000000A000'])(
  'hex is taken as tools print it: %s',
  (value) => {
    const given = { kind: 'mov-cr3', vcpu: 0, value } as const;
    expect(Command.parse(given)).toEqual(Command.parse({ ...given, value: '0xa000' }));
  },
);

const SCRIPT = [
  { kind: 'mov-cr3', value: '0x100000' },
  { kind: 'enter' },
  { kind: 'mov-from-cr3' },
  { kind: 'vmxon', address: '0x1000' },
  { kind: 'invvpid', type: 9, vpid: 1, gva: '0x0' },
  { kind: 'vmptrld', address: '0x2000' },
  { kind: 'invvpid', type: 1, vpid: 0, gva: '0x0' },
  { kind: 'invpcid', type: 1, pcid: 4096, gva: '0x0' },
  { kind: 'invlpg', gva: '0x7000' },
  { kind: 'vmlaunch' },
  { kind: 'enter' },
];

function expectSameText<T extends z.ZodType>(schema: T, value: z.output<T>): void {
  const text = createJsonWriter(schema)(value);
  expect(text).toBe(JSON.stringify(z.encode(schema, value)));
  expect(withoutCode(() => createJsonWriter(schema))(value)).toBe(text);
}

/** Makes something as where a policy lets no text become code. */
function withoutCode<T>(make: () => T): T {
  z.config({ jitless: true });
  try {
    return make();
  } finally {
    z.config({ jitless: false });
  }
}

describe('a writer', () => {
  const Odd = z.strictObject({
    kind: z.literal('"odd"'),
    'a"b\\c': z.number(),
    '\u2028${x}`': z.boolean().nullable(),
    __proto__x: z.string().optional(),
    last: z.number().nullable().optional(),
    list: z.array(z.number().nullable()),
  });
  const write = createJsonWriter(Odd);
  const slow = withoutCode(() => createJsonWriter(Odd));
  const lists = [0, 1, 2, 63, 64, 65].map((length) =>
    Array.from({ length }, (_, i) => (i % 5 === 0 ? null : i)),
  );

  test.each(lists)('says what JSON says, whatever names and values are', (...list) => {
    for (const flag of [true, false, null]) {
      for (const more of [{}, { __proto__x: '\u2029' }, { last: null }, { last: -0 }]) {
        const value = {
          kind: '"odd"',
          'a"b\\c': 1e21,
          '\u2028${x}`': flag,
          list,
          ...more,
        } as const;
        expect(slow(value)).toBe(write(value));
        expect(JSON.parse(write(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }
    }
  });
});
