import { describe, expect, test } from 'vitest';
import { createVm, step, type Vm } from '../../src/mmu/index.js';
import {
  Command,
  type CommandInput,
  type MmuEvent,
  VmConfig,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';

/** Memory is 16 MiB at 0; what a case adds later lies at 1 GiB. */
const HERE = { memory: { memslots: [{ gpa: '0x0', bytes: 2 ** 24 }] } } as const;
const SLOT: CommandInput = {
  kind: 'set-memslot',
  vcpu: 0,
  slot: 1,
  memslot: { gpa: '0x40000000', bytes: 65536 },
};

function machine(config: VmConfigInput): Vm {
  return createVm(VmConfig.parse({ kernel: '6.12', ...HERE, ...config }));
}

function run(vm: Vm, command: CommandInput, events: MmuEvent[] = []) {
  return step(vm, Command.parse(command), (_vcpu, event) => events.push(event));
}

function store(vm: Vm, words: Record<string, string>): void {
  for (const [gpa, value] of Object.entries(words)) {
    run(vm, { kind: 'host-write', vcpu: 0, gpa, value });
  }
}

/** Tables at 1 GiB that map 0x400000 to 0x100000, where 5 lies. */
const TABLES = {
  '0x40000000': '0x40001067',
  '0x40001000': '0x40002067',
  '0x40002010': '0x40003067',
  '0x40003000': '0x100067',
  '0x100000': '0x5',
};
const READ: CommandInput = { kind: 'read', vcpu: 0, gva: '0x400000' };
const FIVE = { kind: 'ok', value: { page: 0, low: 5 } };

describe('a root outside every memslot, which appears later', () => {
  test.each(['6.12', '7.3'] as const)('CR3: %s loads it when the guest gets there', (kernel) => {
    const vm = machine({ kernel });
    run(vm, { kind: 'mov-cr3', vcpu: 0, value: '0x40000000' });
    run(vm, { kind: 'enter', vcpu: 0 });
    expect(run(vm, READ)).toMatchObject({ kind: 'fault', vector: '#PF', errorCode: 0 });
    run(vm, SLOT);
    store(vm, TABLES);
    const events: MmuEvent[] = [];
    expect(run(vm, READ, events)).toEqual(FIVE);
    const told = events.flatMap((event) =>
      event.kind === 'request-made' || event.kind === 'root-allocated' ? [event] : [],
    );
    expect(told).toMatchObject([
      { kind: 'request-made', request: 'MMU_FREE_OBSOLETE_ROOTS' },
      { kind: 'root-allocated', gfn: 0x40000, page: 'new' },
    ]);
  });

  test('an EPT root of L1', () => {
    const vm = machine({ paging: 'ept', registers: { cr4: '0x20a0', cr3: '0x1000' } });
    store(vm, { '0x1000': '0x2067', '0x2000': '0xe7' });
    run(vm, { kind: 'vmxon', vcpu: 0, address: '0x700000' });
    run(vm, { kind: 'vmptrld', vcpu: 0, address: '0x701000' });
    run(vm, { kind: 'vmwrite', vcpu: 0, field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x2' });
    run(vm, { kind: 'vmwrite', vcpu: 0, field: 'EPT_POINTER', value: '0x4000001e' });
    run(vm, { kind: 'vmlaunch', vcpu: 0 });
    expect(run(vm, READ)).toMatchObject({ kind: 'vm-exit', reason: 48 });
    run(vm, SLOT);
    store(vm, { '0x40000000': '0x40001007', '0x40001000': '0x40002007', '0x40002000': '0xb7' });
    store(vm, { '0x40002010': '0x4000b7', '0x400000': '0x5' });
    expect(run(vm, { kind: 'vmresume', vcpu: 0 })).toEqual({ kind: 'ok' });
    expect(run(vm, READ)).toEqual(FIVE);
  });

  test('a PDPTE: KVM has no way on, and KVM_RUN fails; another load of CR3 mends it', () => {
    const vm = machine({
      registers: { cr0: '0x80000033', cr4: '0x20', efer: '0x0', cr3: '0x1000' },
    });
    store(vm, { '0x1000': '0x40002001', '0x100000': '0x5' });
    run(vm, { kind: 'mov-cr3', vcpu: 0, value: '0x1000' });
    expect(run(vm, READ)).toMatchObject({ kind: 'fault', vector: '#PF', errorCode: 0 });
    run(vm, SLOT);
    store(vm, { '0x40002010': '0x40003067', '0x40003000': '0x100067' });
    expect(run(vm, READ)).toEqual({ kind: 'error', errno: 'EFAULT' });
    expect(run(vm, READ)).toEqual({ kind: 'error', errno: 'EFAULT' });
    run(vm, { kind: 'mov-cr3', vcpu: 0, value: '0x1020' });
    store(vm, { '0x1020': '0x40002001' });
    run(vm, { kind: 'mov-cr3', vcpu: 0, value: '0x1020' });
    expect(run(vm, READ)).toEqual(FIVE);
  });
});

test('a PAE root that goes while its PDPTEs stay loaded: KVM would retry for ever', () => {
  const vm = machine({ registers: { cr0: '0x80000033', cr4: '0x20', efer: '0x0', cr3: '0x1000' } });
  run(vm, SLOT);
  store(vm, {
    '0x40000000': '0x2001',
    '0x2010': '0x3067',
    '0x3000': '0x100067',
    '0x100000': '0x5',
  });
  run(vm, { kind: 'mov-cr3', vcpu: 0, value: '0x40000000' });
  expect(run(vm, READ)).toEqual(FIVE);
  run(vm, { kind: 'set-memslot', vcpu: 0, slot: 1, memslot: null });
  expect(run(vm, READ)).toEqual({ kind: 'error', errno: 'EFAULT' });
  expect(run(vm, READ)).toEqual({ kind: 'error', errno: 'EFAULT' });
  run(vm, SLOT);
  expect(run(vm, READ)).toEqual(FIVE);
});

describe('under EPT, a table of the guest outside every memslot', () => {
  const through = (config: VmConfigInput = {}): Vm => {
    const vm = machine({ paging: 'ept', ...config });
    store(vm, { '0x1000': '0x2067', '0x2000': '0x40000067' });
    run(vm, { kind: 'mov-cr3', vcpu: 0, value: '0x1000' });
    return vm;
  };

  test.each<[string, CommandInput, number]>([
    ['a load', READ, 0],
    ['a store', { kind: 'write', vcpu: 0, gva: '0x400000', value: '0x1' }, 2],
    ['a load of the user', { kind: 'read', vcpu: 0, gva: '0x400000', user: true }, 4],
    ['a fetch', { kind: 'execute', vcpu: 0, gva: '0x400000' }, 0],
    ['a fetch at the offset of the entry', { kind: 'execute', vcpu: 0, gva: '0x400010' }, 0],
  ])('%s is a page fault without P', (_name, command, errorCode) => {
    const vm = through();
    const fetch = command.kind === 'execute' ? 0x10 : 0;
    expect(run(vm, { kind: 'wrmsr-efer', vcpu: 0, value: '0xd00' })).toEqual({ kind: 'ok' });
    expect(run(vm, command)).toMatchObject({
      kind: 'fault',
      vector: '#PF',
      errorCode: errorCode | fetch,
    });
  });

  test('KVM takes the address of the entry for the operand where the offsets are equal', () => {
    const gva = '0x400010';
    expect(run(through(), { kind: 'read', vcpu: 0, gva })).toEqual({
      kind: 'mmio',
      gpa: 0x40000010,
    });
  });
});
