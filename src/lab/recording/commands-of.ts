import type { Vm } from '../../mmu/index.js';
import { hex, wordToHex } from '../../mmu/index.js';
import { Command, type CommandInput } from '../../mmu/schema/index.js';
import { EXTRA_MEMSLOT, EXTRA_MEMSLOT_ID, MAIN_MEMSLOT_ID } from './machine.js';
import type { RecordedOperation } from './recording.js';

/** Secondary controls "enable EPT", "enable VPID", "enable VM functions". */
const ENABLE_EPT = 0x2;
const ENABLE_VPID = 0x20;
const ENABLE_VMFUNC = 0x2000;
/** Secondary controls, and the primary ones that must be set. */
const PRIMARY = 0x84006172;
const CR3_LOAD_EXITING = 0x8000;

/** Addresses of the page tables of the recorded L2, and of L1's list of EPTPs. */
const L2_CR3 = '0x51000';
const EPTP_LIST = '0x45000';

/** The word that L1 stores first in a VMXON region or VMCS region. */
const VMCS12_REVISION = '0x11e57ed0';

const FLAG_CR3_LOAD_EXITING = 1;
const FLAG_VMFUNC = 4;

/** The commands that one recorded operation stands for; null if there is no such operation. */
export function commandsOf(vm: Vm, { op, args }: RecordedOperation): Command[] | null {
  const inputs = inputsOf(vm, op, args);
  return inputs === null ? null : inputs.map((input) => Command.parse(input));
}

function inputsOf(vm: Vm, op: string, args: readonly string[]): CommandInput[] | null {
  const [a = '0x0', b = '0x0', c = '0x0'] = args;
  const vcpu = 0;
  switch (op) {
    case 'movcr0':
      return [{ kind: 'mov-cr0', vcpu, value: a }];
    case 'movcr3':
      return [{ kind: 'mov-cr3', vcpu, value: a }];
    case 'movcr4':
      return [{ kind: 'mov-cr4', vcpu, value: a }];
    case 'efer':
      return [{ kind: 'wrmsr-efer', vcpu, value: a }];
    case 'invlpg':
      return [{ kind: 'invlpg', vcpu, gva: a }];
    case 'invpcid':
      return [{ kind: 'invpcid', vcpu, type: a, pcid: b, gva: c }];
    case 'rdcr3':
      return [{ kind: 'mov-from-cr3', vcpu }];
    case 'rd':
      return [{ kind: 'read', vcpu, gva: a }];
    case 'wr':
      return [{ kind: 'write', vcpu, gva: a, value: b }];
    case 'vmxon':
    case 'vmptrld':
      return [
        { kind: 'write', vcpu, gva: a, value: VMCS12_REVISION, bytes: 4 },
        { kind: op, vcpu, address: a },
      ];
    case 'vmclear':
      return [{ kind: op, vcpu, address: a }];
    case 'vmxoff':
      return [{ kind: 'vmxoff', vcpu }];
    case 'vmwrite':
      return [{ kind: 'vmwrite', vcpu, field: a, value: b }];
    case 'invept':
      return [{ kind: 'invept', vcpu, type: a, eptp: b }];
    case 'invvpid':
      return [{ kind: 'invvpid', vcpu, type: a, vpid: b, gva: c }];
    case 'initvmcs':
      return initVmcs(vm, { eptp: a, vpid: b, flags: Number(c) });
    case 'l2':
      return runL2(vm, Number(a), { a: b, b: c });
    case 'host_memslot':
      return [
        { kind: 'set-memslot', vcpu, slot: EXTRA_MEMSLOT_ID, memslot: null },
        { kind: 'set-memslot', vcpu, slot: EXTRA_MEMSLOT_ID, memslot: EXTRA_MEMSLOT },
      ];
    case 'host_dirtylog':
      return [{ kind: 'dirty-log', vcpu, slot: MAIN_MEMSLOT_ID, enabled: Number(a) === 1 }];
    case 'host_dontneed':
      return [{ kind: 'unmap', vcpu, gpa: a }];
    case 'host_setsregs':
      return [{ kind: 'set-sregs', vcpu }];
    case 'host_setcr3':
      return [{ kind: 'set-sregs', vcpu, cr3: a }];
    case 'nop':
      return [];
    default:
      return null;
  }
}

/** L1 fills its VMCS: what is not in the operation is as L1 runs itself. */
function initVmcs(
  vm: Vm,
  { eptp, vpid, flags }: { eptp: string; vpid: string; flags: number },
): CommandInput[] {
  const { cr0, cr3, cr4 } = (vm.vcpus[0] as Vm['vcpus'][number]).regs;
  const secondary =
    (eptp === '0x0' ? 0 : ENABLE_EPT) |
    (vpid === '0x0' ? 0 : ENABLE_VPID) |
    (flags & FLAG_VMFUNC ? ENABLE_VMFUNC : 0);
  const primary = PRIMARY + (flags & FLAG_CR3_LOAD_EXITING ? CR3_LOAD_EXITING : 0);
  const l1Cr3 = wordToHex(cr3);
  const fields = {
    CPU_BASED_VM_EXEC_CONTROL: hex(primary),
    EXCEPTION_BITMAP: '0xffffffff',
    SECONDARY_VM_EXEC_CONTROL: hex(secondary),
    VIRTUAL_PROCESSOR_ID: vpid,
    // Without EPT in the host these components do not exist, and no recording asks for them.
    ...(eptp === '0x0' ? {} : { EPT_POINTER: eptp }),
    ...(flags & FLAG_VMFUNC ? { VM_FUNCTION_CONTROL: '0x1', EPTP_LIST_ADDRESS: EPTP_LIST } : {}),
    GUEST_CR0: hex(cr0),
    GUEST_CR3: L2_CR3,
    GUEST_CR4: hex(cr4),
    HOST_CR0: hex(cr0),
    HOST_CR3: l1Cr3,
    HOST_CR4: hex(cr4),
  } as const;
  return Object.entries(fields).map(([field, value]) => ({
    kind: 'vmwrite',
    vcpu: 0,
    field: field as keyof typeof fields,
    value,
  }));
}

/** Commands of L2 between its entry and its VMCALL, by the operation's first argument. */
function runL2(vm: Vm, what: number, { a, b }: { a: string; b: string }): CommandInput[] {
  const vcpu = 0;
  const vmcs12 = vm.vcpus[0]?.nested.currentVmcs;
  const entry: CommandInput = { kind: vmcs12?.launched ? 'vmresume' : 'vmlaunch', vcpu };
  const inside: Record<number, CommandInput[]> = {
    1: [{ kind: 'read', vcpu, gva: a }],
    2: [{ kind: 'write', vcpu, gva: a, value: b }],
    3: [{ kind: 'mov-cr3', vcpu, value: a }],
    4: [{ kind: 'invlpg', vcpu, gva: a }],
    5: [{ kind: 'mov-cr4', vcpu, value: a }],
    6: [
      { kind: 'vmfunc', vcpu, function: 0, index: Number(a) },
      { kind: 'read', vcpu, gva: b },
    ],
    7: [{ kind: 'mov-cr0', vcpu, value: a }],
  };
  const vmcall: CommandInput = { kind: 'vmexit', vcpu, reason: 18 };
  return [entry, ...(inside[what] ?? []), vmcall];
}
