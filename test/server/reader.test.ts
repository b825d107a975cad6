import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { COMMAND_KINDS, Command, VmConfig } from '../../src/mmu/schema/index.js';
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
