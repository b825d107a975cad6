import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BadEncoding,
  CommandRefused,
  createVm,
  decodeVm,
  encodeVm,
  step,
  type Vm,
} from '../../src/mmu/index.js';
import {
  Command,
  type CommandInput,
  type MmuEvent,
  VmConfig,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';

/** Four address spaces that share a page of code, in one call each. */
const PREPARE: CommandInput[] = [0x100000, 0x101000, 0x102000, 0x103000].map((root, i) => ({
  kind: 'map',
  vcpu: 0,
  root: `0x${root.toString(16)}`,
  address: '0x8000000000',
  gpa: '0x200000',
  pages: 16,
  tables: `0x${(0x300000 + i * 0x10000).toString(16)}`,
}));

const vcpu = fc.nat({ max: 1 });
const root = fc.constantFrom('0x100000', '0x101001', '0x102002', '0x8000000000103003', '0x100001');
const page = fc.nat({ max: 17 }).map((i) => `0x${(0x8000000000 + i * 4096).toString(16)}`);
const command: fc.Arbitrary<CommandInput> = fc.oneof(
  fc.record({ kind: fc.constant('mov-cr3' as const), vcpu, value: root }),
  fc.record({ kind: fc.constant('read' as const), vcpu, gva: page }),
  fc.record({ kind: fc.constant('write' as const), vcpu, gva: page, value: fc.constant('0x77') }),
  fc.record({ kind: fc.constant('invlpg' as const), vcpu, gva: page }),
  fc.record({
    kind: fc.constant('invpcid' as const),
    vcpu,
    type: fc.nat({ max: 3 }),
    pcid: fc.nat({ max: 3 }),
    gva: page,
  }),
  fc.record({ kind: fc.constant('unmap' as const), vcpu, gpa: fc.constant('0x201000') }),
  fc.record({ kind: fc.constant('zap-all' as const), vcpu }),
  fc.record({ kind: fc.constant('enter' as const), vcpu }),
);

const config = fc.record<VmConfigInput>({
  vcpus: fc.constant(2),
  kernel: fc.constantFrom('5.13', '5.14', '6.1', '6.12', '7.3'),
  policy: fc.constantFrom('mainline', 'unsync-roots-posted', 'cached-roots', 'never-cache'),
  paging: fc.constantFrom('shadow', 'ept'),
  tlb: fc.constantFrom<VmConfigInput['tlb']>('ideal', 'off', { entries: 5 }),
  prevRoots: fc.constantFrom(0, 3),
});

describe('an encoded state', () => {
  test('goes on as the state that it was made from', () => {
    fc.assert(
      fc.property(
        config,
        fc.array(command, { maxLength: 40 }),
        fc.array(command, { maxLength: 40 }),
        (input, before, after) => {
          const config = VmConfig.parse({
            registers: { cr3: '0x100000', cr4: '0x200a0' },
            ...input,
          });
          const vm = createVm(config);
          run(vm, [...PREPARE, ...before]);
          const copy = decodeVm(config, encodeVm(vm).bytes);
          expect(encodeVm(copy)).toEqual(encodeVm(vm));
          expect(run(copy, after)).toEqual(run(vm, after));
          expect(encodeVm(copy)).toEqual(encodeVm(vm));
        },
      ),
      { seed: 20210802, numRuns: 60 },
    );
  });

  test('is the same for the same commands', () => {
    const [first, second] = [prepared(), prepared()];
    expect(encodeVm(first)).toEqual(encodeVm(second));
  });

  test('is the same after a command that was refused', () => {
    const vm = prepared();
    const before = encodeVm(vm);
    const refused = Command.parse({
      ...{ kind: 'map', vcpu: 0, root: '0x1000', address: '0x1', gpa: '0x0', tables: '0x0' },
    });
    expect(() => step(vm, refused, null)).toThrow(CommandRefused);
    expect(encodeVm(vm)).toEqual(before);
  });

  test('keeps each vCPU in a block of its own', () => {
    const [idle, moved] = [prepared(), prepared()];
    run(moved, [{ kind: 'wrmsr-efer', vcpu: 1, value: '0x501' }]);
    const [a, b] = [encodeVm(idle), encodeVm(moved)];
    expect(blockOf(a, 0)).toEqual(blockOf(b, 0));
    expect(blockOf(a, 1)).not.toEqual(blockOf(b, 1));
  });

  test('of an idle VM is small', () => {
    const { bytes } = encodeVm(createVm(VmConfig.parse({})));
    expect(bytes.length).toBeLessThan(1024);
  });

  test.each([
    [
      'other bytes',
      (bytes: Uint8Array) => bytes.fill(0, 0, 1),
      'these bytes are not an encoded VM',
    ],
    ['another version', (bytes: Uint8Array) => bytes.fill(9, 4, 5), 'version 9 is not version 6'],
    ['fewer bytes', (bytes: Uint8Array) => bytes.slice(0, 40), 'the state ends at byte 40'],
    ['another VM', (bytes: Uint8Array) => bytes.fill(3, 8, 9), 'a state of 3 vCPUs, for a VM of 2'],
  ])('is refused if it is %s', (_what, change, message) => {
    const vm = prepared();
    const bytes = change(encodeVm(vm).bytes);
    expect(() => decodeVm(vm.config, bytes)).toThrow(new BadEncoding(message));
  });

  test('is refused with bytes after its end', () => {
    const vm = prepared();
    const { bytes } = encodeVm(vm);
    const longer = new Uint8Array([...bytes, 0]);
    expect(() => decodeVm(vm.config, longer)).toThrow(/the state goes on after byte/);
  });
});

function prepared(): Vm {
  const vm = createVm(VmConfig.parse({ vcpus: 2, registers: { cr3: '0x100000' } }));
  run(vm, [...PREPARE, { kind: 'read', vcpu: 0, gva: '0x8000000000' }]);
  return vm;
}

/** How the commands ended, and what happened. */
function run(vm: Vm, commands: readonly CommandInput[]): unknown[] {
  const log: unknown[] = [];
  const emit = (_vcpu: unknown, event: MmuEvent) => log.push(event);
  for (const input of commands) log.push(step(vm, Command.parse(input), emit));
  return log;
}

function blockOf({ bytes, vcpuBlocks }: ReturnType<typeof encodeVm>, index: number): Uint8Array {
  return bytes.slice(vcpuBlocks[index], vcpuBlocks[index + 1]);
}

describe('what the oracle keeps of a vCPU', () => {
  const keptIn = ({ oracle }: Vm) => oracle?.vcpus.map((vtlb) => vtlb !== null);

  test('begins with its first command, and comes back with its state', () => {
    const config = VmConfig.parse({ vcpus: 3, registers: { cr3: '0x100000' } });
    const vm = createVm(config);
    expect(keptIn(vm)).toEqual([false, false, false]);
    run(vm, [{ kind: 'invlpg', vcpu: 1, gva: '0x400000' }]);
    expect(keptIn(vm)).toEqual([false, true, false]);
    const again = decodeVm(config, encodeVm(vm).bytes);
    expect(keptIn(again)).toEqual([false, true, false]);
    expect(encodeVm(again).bytes).toEqual(encodeVm(vm).bytes);
  });

  test('is in its state what it was, where the command is refused', () => {
    const vm = createVm(VmConfig.parse({ vcpus: 2, registers: { efer: '0x500' } }));
    const before = encodeVm(vm).bytes;
    const range = { root: '0x1000', address: '0x400000', gpa: '0x10000', tables: '0x2000' };
    const command = { kind: 'map', vcpu: 1, ...range, execute: false } as const;
    expect(() => step(vm, Command.parse(command), null)).toThrow(CommandRefused);
    expect(encodeVm(vm).bytes).toEqual(before);
  });
});
