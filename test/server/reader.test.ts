import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { COMMAND_KINDS, Command, VmConfig } from '../../src/mmu/schema/index.js';
import { Check } from '../../src/server/conditions/check.js';
import { readAhead } from '../../src/server/wire/read-ahead.js';
import { createJsonReader, NO_MATCH } from '../../src/server/wire/reader.js';

const batch = z.array(Command).min(1).max(3);
const READERS: [string, z.ZodType][] = [
  ['Command', Command],
  ['VmConfig', VmConfig],
  ['a batch', batch],
];

/** Values near enough to the schemas that many are right, and many are wrong in one place. */
const leaf = fc.oneof(
  fc.constantFrom(
    0,
    1,
    2,
    -1,
    1.5,
    63,
    64,
    2 ** 53,
    null,
    true,
    '',
    'memory',
    'ds',
    'root',
    'current',
  ),
  fc.constantFrom('0x0', '0x1', '0x01', '0X1', '0xffffffffffffffff', '0x10000000000000000', 'VPID'),
  fc.constantFrom('mainline', '6.1', 'MMU_SYNC', 'shadow'),
);
const field = fc.constantFrom(
  'value',
  'gpr',
  'gva',
  'type',
  'pcid',
  'encoding',
  'operand',
  'pgd',
  'request',
  'mmu',
  'roots',
  'eptp',
  'address',
  'cr3',
  'vcpus',
  'policy',
  'kernel',
  'cpuid',
  'memory',
  'words',
  'toString',
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    leaf,
    leaf,
    fc.array(tie('any'), { maxLength: 2 }),
    tie('object'),
  ),
  object: fc.dictionary(field, tie('any'), { maxKeys: 4 }),
})).object;
const command = fc
  .tuple(fc.constantFrom(...COMMAND_KINDS, 'nope'), fc.constantFrom(0, 1, 64), value)
  .map(([kind, vcpu, rest]) => ({ kind, vcpu, ...(rest as object) }));

test.each(READERS)('the reader of %s agrees with its schema', (_name, schema) => {
  const read = createJsonReader(schema);
  const given = fc.oneof(command, value, fc.array(command, { maxLength: 4 }), leaf);
  fc.assert(
    fc.property(given, (input) => {
      const result = schema.safeParse(input);
      expect(read(input)).toEqual(result.success ? result.data : NO_MATCH);
    }),
    { seed: 20_210_526, numRuns: 3000 },
  );
});

test.each([
  [{ kind: 'mov-cr3', vcpu: 0, value: '0x1000' }],
  [{ kind: 'invpcid', vcpu: 0, type: 1, pcid: '0x1', gva: '0x0', operand: { gva: '0x8' } }],
  [{ kind: 'vmexit', vcpu: 0 }],
  [{ kind: 'free-roots', vcpu: 0, mmu: 'guest', roots: ['current', 'prev1'] }],
  [{ kind: 'set-sregs', vcpu: 0, cr0: '0x1', csL: true }],
])('the reader reads %j as the schema does', (input) => {
  expect(createJsonReader(Command)(input)).toEqual(Command.parse(input));
});

/** Configurations that differ in one place each; the checks of the whole refuse some of them. */
const config = fc.record(
  {
    vcpus: fc.constantFrom(0, 1, 64, 65),
    maxphyaddr: fc.constantFrom(36, 46, 53),
    paging: fc.constantFrom('shadow', 'ept', 'none'),
    tlb: fc.constantFrom('ideal', { entries: 4 }, { entries: 0 }),
    cpuid: fc.constantFrom({}, { pcid: false }, { lam: true, la57: true }, { pcid: 1 }),
    registers: fc.constantFrom({}, { cr4: '0x200a0' }, { cr0: '0x80000000' }, { cr3: '0x1ff8' }),
    memory: fc.constantFrom(
      {},
      { words: [{ gpa: '0x1008', value: '0xABC' }] },
      { words: [{ gpa: '0x1001', value: '0x1' }] },
      { fills: [{ gpa: '0x0', count: 9, stride: 12, first: '0x1', step: '0x1' }] },
      { fills: [{ gpa: '0x0', count: 65_536, stride: 4096, first: '0x1', step: '0x1' }] },
      { memslots: [{ gpa: '0x1000', bytes: 4096 }] },
    ),
  },
  { requiredKeys: [] },
);

test('the reader of a configuration heeds the checks of the whole', () => {
  const read = createJsonReader(VmConfig);
  let taken = 0;
  fc.assert(
    fc.property(config, (input) => {
      const result = VmConfig.safeParse(input);
      taken += result.success ? 1 : 0;
      expect(read(input)).toEqual(result.success ? result.data : NO_MATCH);
    }),
    { seed: 13, numRuns: 1000 },
  );
  // Neither all nor none of them.
  expect(taken).toBe(78);
});

test('the reader of a check agrees with its schema', () => {
  const read = createJsonReader(z.array(Check).max(2));
  const text = fc.oneof(
    fc.constantFrom('', '/', '/seq', '/event/kind', '//', `/${'x'.repeat(255)}`, 'x'.repeat(128)),
    fc.string({ maxLength: 130 }),
  );
  const check = fc.record(
    { path: text, op: fc.constantFrom('eq', 'lt', 'near'), value: fc.oneof(leaf, text, value) },
    { requiredKeys: ['path'] },
  );
  fc.assert(
    fc.property(fc.array(check, { maxLength: 3 }), (input) => {
      const result = z.array(Check).max(2).safeParse(input);
      expect(read(input)).toEqual(result.success ? result.data : NO_MATCH);
    }),
    { seed: 1713, numRuns: 3000 },
  );
});

test('a large configuration is read without the schema', () => {
  const words = Array.from({ length: 1000 }, (_, i) => ({
    gpa: `0x${(i * 8).toString(16)}`,
    value: '0x1',
  }));
  const Whole = VmConfig.safeExtend({ name: z.string().optional() }).prefault({});
  let parsed = 0;
  const { run } = VmConfig.shape.memory._zod;
  VmConfig.shape.memory._zod.run = (...args) => {
    parsed += 1;
    return run(...args);
  };
  try {
    expect(createJsonReader(Whole)({ memory: { words } })).toEqual(
      Whole.parse({ memory: { words } }),
    );
  } finally {
    VmConfig.shape.memory._zod.run = run;
  }
  // Once, for the comparison.
  expect(parsed).toBe(1);
});

test('a long list that is read ahead comes to the same, and is not read again', () => {
  const words = Array.from({ length: 1000 }, (_, i) => ({ gpa: `0x${i}000`, value: '0x1' }));
  const given = { memory: { words } };
  const read = createJsonReader(VmConfig);
  const expected = read(structuredClone(given));
  // In pieces of 64.
  expect([...readAhead(VmConfig, given)]).toHaveLength(16);
  words.fill({ gpa: 'fish', value: 'fish' });
  expect(read(given)).toEqual(expected);
});

test('what is wrong in a long list is left to the reader of the whole', () => {
  const words: object[] = Array.from({ length: 1000 }, () => ({ gpa: '0x0', value: '0x1' }));
  words[700] = { gpa: 'fish', value: '0x1' };
  const given = { memory: { words } };
  for (const _ of readAhead(VmConfig, given));
  expect(createJsonReader(VmConfig)(given)).toBe(NO_MATCH);
  // Nor is a body of another form looked at.
  for (const other of [null, 3, [], { memory: 3 }, { memory: { words: 'x' } }]) {
    expect([...readAhead(VmConfig, other)]).toEqual([]);
  }
});
