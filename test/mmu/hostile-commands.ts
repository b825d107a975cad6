import type { Chance } from '../../src/lab/workloads/chance.js';
import { type KernelRelease, POLICY_NAMES } from '../../src/mmu/index.js';
import { VMCS } from '../../src/mmu/machine/index.js';
import {
  COMMAND_KINDS,
  type CommandInput,
  type CommandKind,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';

/**
 * What nobody sane would do, in a memory so small that everything is soon everything else's table:
 * pages of data are tables of the guest, of its EPT, of another vCPU, and VMCS regions.
 */

/** Frames that everything is made of. */
const FRAMES = 12;
const FIRST_FRAME = 0x100;

const VCPUS = 2;

const hex = (value: number | bigint) => `0x${value.toString(16)}`;

/** A machine, hostile in what can be configured. */
export function hostileConfig(chance: Chance, kernel: KernelRelease): VmConfigInput {
  const frames = Array.from({ length: FRAMES }, (_, i) => (FIRST_FRAME + i) * 4096);
  return {
    vcpus: VCPUS,
    paging: chance.of(['shadow', 'ept'] as const),
    vendor: chance.percent(25) ? 'svm' : 'vmx',
    kernel,
    policy: chance.of(POLICY_NAMES),
    prevRoots: chance.of([0, 1, 3, 3, 3, 15]),
    mmuPages: chance.of([64, 64, 1024]),
    tlb: chance.of(['ideal', 'off', { entries: 3 }] as const),
    maxphyaddr: chance.of([36, 46, 46, 52]),
    flushOnReuse: chance.percent(10),
    cpuid: {
      la57: chance.percent(30),
      lam: chance.percent(30),
      hyperv: chance.percent(40),
      nx: chance.percent(90),
      pks: chance.percent(30),
    },
    memory: {
      memslots: [{ gpa: '0x0', bytes: 2 ** 22 }],
      words: frames.flatMap((gpa) =>
        [0, 1, 2, 3, 256, 511].map((index) => ({
          gpa: hex(gpa + index * 8),
          value: entry(chance),
        })),
      ),
    },
    registers: { cr0: '0x80010033', cr3: frameAddress(chance), cr4: '0xa0', efer: '0x500' },
  };
}

function frame(chance: Chance): number {
  return FIRST_FRAME + chance.below(FRAMES);
}

function frameAddress(chance: Chance): string {
  return hex(frame(chance) * 4096);
}

/** Entries that may be of a table, an EPT, a page directory pointer, or nothing of the sort. */
function entry(chance: Chance): string {
  const target = chance.percent(88)
    ? frame(chance)
    : chance.of([0, 0x200, 0x3ff, 0x400, 0x200000, 2 ** 30]);
  const flags = chance.percent(80)
    ? chance.of([0x67, 0x67, 0x7, 0x7, 0x37])
    : chance.of([
        0x63, 0x65, 0x27, 0xe7, 0x1e7, 0x87, 0xb7, 0x1, 0x337, 0x33, 0x437, 0x4, 0x2, 0x0,
      ]);
  const high = chance.percent(8)
    ? chance.of([1n << 63n, 1n << 51n, 1n << 40n, 1n << 62n, 1n << 59n])
    : 0n;
  return hex((BigInt(target) << 12n) | BigInt(flags) | high);
}

/** Linear and physical addresses: small, canonical or not, at the end of a page. */
function address(chance: Chance): string {
  if (chance.percent(6)) {
    return chance.of([
      '0x8000000000000000',
      '0x7fffffffffff',
      '0xffffffffffffffff',
      '0xffff800000000000',
      '0x100000000000000',
    ]);
  }
  const indices = chance.percent(70) ? [0, 1] : [0, 1, 2, 3, 256, 511];
  let value = 0n;
  for (let level = 0; level < 4; level += 1) value = (value << 9n) | BigInt(chance.of(indices));
  const canonical = value >> 35n === 1n ? value | (0xffffn << 36n) : value;
  const low = chance.of([0, 0, 8, 16, 0x800, 0xff8, 0xffc, 0xfff]);
  return hex(((canonical << 12n) | BigInt(low)) & 0xffffffffffffffffn);
}

function physical(chance: Chance): string {
  const index = chance.of([0, 1, 2, 256, 511]);
  return hex(frame(chance) * 4096 + index * 8);
}

function cr3(chance: Chance): string {
  const low = chance.of([0, 0, 1, 2, 0x18, 0xfff]);
  const high = chance.percent(25) ? 1n << 63n : chance.percent(3) ? 1n << 45n : 0n;
  const root = chance.percent(6) ? chance.of([0x5000, 0, 2 ** 22, 2 ** 30]) : frame(chance) * 4096;
  return hex(BigInt(root + low) | high);
}

function eptp(chance: Chance): string {
  return hex(frame(chance) * 4096 + chance.of([0x1e, 0x5e, 0x5e, 0x26, 0x18, 0x5f]));
}

const CR4S = [
  '0x20a0',
  '0x20a0',
  '0x20a0',
  '0x220a0',
  '0x2020',
  '0x2030',
  '0x220a0',
  '0x22020',
  '0x10a0',
  '0x30a0',
  '0x2010',
  '0x2000',
  '0x1020a0',
  '0x3020a0',
  '0x10',
  '0x0',
  '0x4020a0',
  '0x14020a0',
  '0xa0',
  '0x100020a0',
];
const CR0S = [
  '0x80010033',
  '0x80010033',
  '0x80010033',
  '0x80000033',
  '0x80010031',
  '0x10033',
  '0x33',
  '0x11',
  '0x60000011',
  '0x0',
  '0x80000000',
];
const EFERS = [
  '0xd00',
  '0xd00',
  '0xd00',
  '0x500',
  '0xd01',
  '0x0',
  '0x800',
  '0x100',
  '0x900',
  '0x400',
  '0x1d00',
];
const FIELDS = Object.keys(VMCS);

/** A value for a component: what it is for, or anything. */
function vmwrite(chance: Chance): { field: string; value: string } {
  const [field, value] = chance.of<readonly [string, () => string]>([
    ['EPT_POINTER', () => eptp(chance)],
    ['GUEST_CR3', () => cr3(chance)],
    ['HOST_CR3', () => cr3(chance)],
    ['GUEST_CR4', () => chance.of(CR4S)],
    ['GUEST_CR0', () => chance.of(CR0S)],
    ['HOST_CR4', () => chance.of(CR4S)],
    ['HOST_CR0', () => chance.of(CR0S)],
    ['GUEST_IA32_EFER', () => chance.of(EFERS)],
    [
      'SECONDARY_VM_EXEC_CONTROL',
      () =>
        chance.of(['0x0', '0x2', '0x20', '0x22', '0x2022', '0x1022', '0x82', '0xa2', '0x400002']),
    ],
    ['VIRTUAL_PROCESSOR_ID', () => chance.of(['0x0', '0x1', '0x2', '0xffff'])],
    ['EXCEPTION_BITMAP', () => chance.of(['0x0', '0x4000', '0xffffffff'])],
    [
      'CPU_BASED_VM_EXEC_CONTROL',
      () => chance.of(['0x84006172', '0x8401e172', '0xfff9fffe', '0x4006172']),
    ],
    ['CR4_GUEST_HOST_MASK', () => chance.of(['0x0', '0xffffffff'])],
    ['VM_FUNCTION_CONTROL', () => '0x1'],
    ['EPTP_LIST_ADDRESS', () => frameAddress(chance)],
    ['VM_ENTRY_CONTROLS', () => chance.of(['0x11fb', '0x13fb', '0x93fb', '0x91fb'])],
    ['VM_EXIT_CONTROLS', () => chance.of(['0x36dfb', '0x36ffb', '0x236ffb'])],
    ['GUEST_PDPTR0', () => entry(chance)],
    [chance.of(FIELDS), () => entry(chance)],
  ]);
  return { field, value: value() };
}

/** The fields of a command of a kind. */
function fieldsOf(kind: CommandKind, chance: Chance): Record<string, unknown> {
  switch (kind) {
    case 'mov-cr0':
      return { value: chance.of(CR0S) };
    case 'mov-cr3':
      return { value: cr3(chance) };
    case 'mov-cr4':
      return { value: chance.of(CR4S) };
    case 'wrmsr-efer':
      return { value: chance.of(EFERS) };
    case 'wrmsr-pkrs':
      return { value: chance.of(['0x0', '0x4', '0x8', '0x100000000']) };
    case 'wrpkru':
      return {
        value: chance.of(['0x0', '0x4', '0x8', '0xffffffff']),
        ecx: chance.of([0, 0, 0, 1]),
      };
    case 'invlpg':
      return { gva: address(chance) };
    case 'invpcid':
      return {
        type: chance.below(5),
        pcid: chance.of([0, 1, 2, 4096]),
        gva: address(chance),
        operand: operand(chance),
      };
    case 'invept':
      return { type: chance.below(4), eptp: eptp(chance), operand: operand(chance) };
    case 'invvpid':
      return {
        type: chance.below(5),
        vpid: chance.of([0, 1, 2]),
        gva: address(chance),
        operand: operand(chance),
      };
    case 'vmxon':
      return { address: chance.of(['0x1000', frameAddress(chance), '0x1008', '0x400000']) };
    case 'vmclear':
    case 'vmptrld':
      return { address: chance.of(['0x2000', '0x3000', frameAddress(chance)]) };
    case 'vmwrite':
      return vmwrite(chance);
    case 'vmread':
      return { field: chance.of(FIELDS) };
    case 'vmfunc':
      return { index: chance.of([0, 1, 2, 511, 512]) };
    case 'vmexit':
      return {
        reason: chance.of([18, 10, 0, 48]),
        ...(chance.percent(20) ? { synthesized: true } : {}),
      };
    case 'read':
    case 'execute':
      return { gva: address(chance), user: chance.percent(30) };
    case 'write':
      return {
        gva: address(chance),
        value: entry(chance),
        user: chance.percent(20),
        ac: chance.percent(20),
      };
    case 'pv-flush':
      return { vcpus: chance.of([[0], [1], [0, 1]]) };
    case 'vmrun':
      return {
        nestedCr3: chance.percent(90) ? frameAddress(chance) : cr3(chance),
        asid: chance.of([1, 1, 1, 2, 0]),
        ...(chance.percent(40) ? { cr3: frameAddress(chance) } : {}),
        ...(chance.percent(20) ? { cr0: chance.of(CR0S), cr4: chance.of(CR4S) } : {}),
      };
    case 'hv-flush':
      return {
        call: chance.of(['HvCallFlushVirtualAddressSpace', 'HvCallFlushVirtualAddressListEx']),
        gvas: chance.percent(50) ? [address(chance), address(chance)] : [],
        flags: chance.below(8),
      };
    case 'load-root':
      return { pgd: cr3(chance) };
    case 'make-request':
      return {
        request: chance.of([
          'MMU_SYNC',
          'TLB_FLUSH',
          'TLB_FLUSH_GUEST',
          'TLB_FLUSH_CURRENT',
          'LOAD_MMU_PGD',
          'MMU_RELOAD',
          'GET_NESTED_STATE_PAGES',
          'MMU_FREE_OBSOLETE_ROOTS',
          'HV_TLB_FLUSH',
          'STEAL_UPDATE',
          'TRIPLE_FAULT',
        ]),
      };
    case 'set-memslot':
      return {
        slot: chance.below(3),
        memslot: chance.percent(40)
          ? null
          : {
              gpa: chance.of(['0x0', '0x100000', '0x400000', '0x100000000']),
              bytes: chance.of([4096, 2 ** 20, 2 ** 22]),
            },
      };
    case 'host-write':
      return { gpa: physical(chance), value: entry(chance) };
    case 'dirty-log':
      return { slot: chance.below(2), enabled: chance.percent(50) };
    case 'unmap':
      return { gpa: frameAddress(chance), bytes: chance.of([4096, 2 ** 16]) };
    case 'map':
      return {
        root: chance.percent(50) ? frameAddress(chance) : eptp(chance),
        format: chance.percent(40) ? 'ept' : 'paging',
        address: hex(chance.below(4) * 4096),
        gpa: frameAddress(chance),
        pages: 1 + chance.below(8),
        tables: frameAddress(chance),
      };
    case 'set-sregs':
      return {
        ...{ cr0: '0x80010033', cr4: '0x20a0', efer: '0xd00', csL: true, vm86: false },
        ...(chance.percent(50) ? { cr3: frameAddress(chance) } : {}),
        ...(chance.percent(30)
          ? { cr0: chance.of(CR0S), cr4: chance.of(CR4S), efer: chance.of(EFERS) }
          : {}),
        ...(chance.percent(20) ? { cpl: chance.below(4) } : { cpl: 0 }),
      };
    case 'set-cpuid':
      return chance.percent(50) ? {} : { maxphyaddr: chance.of([36, 46, 52]) };
    case 'set-nested-state':
      return {
        vmxon: chance.percent(15) ? null : chance.of(['0x1000', '0x1000', '0x1008']),
        vmcs12: chance.percent(15)
          ? null
          : chance.of(['0x2000', '0x3000', '0x1000', frameAddress(chance)]),
        guestMode: chance.percent(60),
      };
    case 'free-roots':
      return { mmu: chance.of(['root', 'guest']), roots: chance.percent(50) ? [] : ['current'] };
    case 'get-dirty-log':
      return { slot: chance.below(2) };
    case 'clear-dirty-log':
      return {
        slot: chance.below(2),
        firstPage: 64 * chance.below(3),
        pages: 64 * chance.below(3),
      };
    case 'mov-from-cr3':
    case 'vmxoff':
    case 'vmlaunch':
    case 'vmresume':
    case 'enter':
    case 'zap-all':
    case 'preempt':
    case 'init':
    case 'smi':
    case 'rsm':
    case 'get-nested-state':
    case 'reset-context':
      return {};
  }
}

function operand(chance: Chance): unknown {
  return chance.percent(30) ? { segment: 'ds', gva: address(chance) } : null;
}

const WEIGHTS: Partial<Record<CommandKind, number>> = {
  read: 20,
  write: 30,
  execute: 4,
  'host-write': 12,
  'mov-cr3': 8,
  vmwrite: 10,
  vmlaunch: 6,
  vmresume: 6,
  vmexit: 4,
  'set-sregs': 4,
  map: 3,
  'mov-cr4': 2,
  vmrun: 2,
  'set-nested-state': 2,
  smi: 1,
  rsm: 2,
  init: 1,
};

/** Commands without end. */
export function* hostileCommands(chance: Chance): Generator<CommandInput> {
  const weights = Object.fromEntries(
    COMMAND_KINDS.map((kind) => [kind, WEIGHTS[kind] ?? 1]),
  ) as Record<CommandKind, number>;
  for (const vcpu of [0, 1]) {
    yield { kind: 'mov-cr4', vcpu, value: '0x20a0' };
    yield { kind: 'wrmsr-efer', vcpu, value: '0xd00' };
    yield { kind: 'vmxon', vcpu, address: '0x1000' };
    yield { kind: 'vmptrld', vcpu, address: vcpu === 0 ? '0x2000' : '0x3000' };
    const controls = chance.of(['0x0', '0x20', '0x22', '0x22', '0x2022', '0x82']);
    yield { kind: 'vmwrite', vcpu, field: 'SECONDARY_VM_EXEC_CONTROL', value: controls };
    yield { kind: 'vmwrite', vcpu, field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' };
    yield { kind: 'vmwrite', vcpu, field: 'EPT_POINTER', value: eptp(chance) };
    yield { kind: 'vmwrite', vcpu, field: 'GUEST_CR3', value: frameAddress(chance) };
    yield { kind: 'vmlaunch', vcpu };
    yield { kind: 'wrmsr-efer', vcpu, value: '0x1d00' };
    yield { kind: 'vmrun', vcpu, nestedCr3: frameAddress(chance), cr3: frameAddress(chance) };
  }
  for (;;) {
    const kind = chance.weighed(weights);
    yield { kind, vcpu: chance.below(VCPUS), ...fieldsOf(kind, chance) } as CommandInput;
  }
}
