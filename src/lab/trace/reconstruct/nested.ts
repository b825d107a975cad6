import { type Word, wordFromNumber, wordToHex } from '../../../mmu/index.js';
import { Command } from '../../../mmu/schema/index.js';
import { useCr3, type VcpuTrace } from './vcpu.js';
import type { VmTrace } from './vm.js';
import { VmcsFieldNumber } from './vmcs-fields.js';
import { place, type Window } from './window.js';

/** Controls with which L1 runs L2: those that must be set, and secondary ones. */
const PRIMARY = 0x84006172;
const ENABLE_EPT = 0x2;
const CR0 = 0x80010033;
const CR4 = 0x20a0;
const CR4_VMXE = 0x2000;
const ALL_EXCEPTIONS = 0xffffffff;
/** A page at the end of the first 4 GiB for L1's VMXON region. */
const VMXON_REGION = { page: 0xffffe, low: 0 };

/**
 * L1 runs L2. The trace has the root; the rest of the VMCS is as L1 runs itself, and is inferred.
 */
export function enterL2(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { vmcs, eptp, cr3 }: { vmcs: Word; eptp: Word | null; cr3: Word | null },
): void {
  vm.hints.isNested = true;
  vcpu.l1Cr3 = vcpu.cr3;
  if (vm.hints.vendor === 'svm') enterByVmrun(vcpu, window, { eptp, cr3 });
  else enterByVmx(vcpu, window, { vmcs, eptp, cr3 });
  vcpu.isInL2 = true;
  vcpu.eptp = eptp;
  if (eptp === null && cr3 !== null) vcpu.cr3 = cr3;
}

/** L2 left to L1, which runs on the CR3 that it had. */
export function leaveL2(vcpu: VcpuTrace, window: Window, reason: number): void {
  if (!vcpu.isInL2) return;
  const qualification = { page: 0, low: 0 };
  place(window, { kind: 'vmexit', vcpu: vcpu.vcpu, reason, qualification }, 'seen');
  if (vcpu.eptp === null && vcpu.l1Cr3 !== null) {
    vcpu.cr3 = vcpu.l1Cr3;
    useCr3(vcpu, vcpu.cr3, window.index);
  }
  vcpu.isInL2 = false;
  vcpu.eptp = null;
}

/** L1 turned out to run on another CR3 after the exit: its VMCS has had that one all the time. */
export function correctHostCr3(vcpu: VcpuTrace, value: Word): void {
  const { hostCr3From, currentVmcs, cr3 } = vcpu;
  if (hostCr3From?.command.kind !== 'vmwrite' || currentVmcs === null || cr3 === null) return;
  if (cr3.page === value.page) return;
  hostCr3From.command = { ...hostCr3From.command, value };
  vcpu.hostCr3.set(currentVmcs, value);
  vcpu.cr3 = value;
}

function enterByVmrun(
  { vcpu }: VcpuTrace,
  window: Window,
  { eptp, cr3 }: { eptp: Word | null; cr3: Word | null },
): void {
  if (eptp === null) return;
  const registers = cr3 === null ? {} : { cr3: wordToHex(cr3) };
  const command = { kind: 'vmrun', vcpu, nestedCr3: wordToHex(eptp), ...registers } as const;
  place(window, Command.parse(command), 'seen');
}

function enterByVmx(
  trace: VcpuTrace,
  window: Window,
  { vmcs, eptp, cr3 }: { vmcs: Word; eptp: Word | null; cr3: Word | null },
): void {
  const { vcpu } = trace;
  const infer = (command: Command) => place(window, command, 'inferred');
  const write = (field: number, value: Word) => ({ kind: 'vmwrite', vcpu, field, value }) as const;
  if (!trace.isVmxOn) {
    trace.isVmxOn = true;
    if (trace.cr4 === null || (trace.cr4 & CR4_VMXE) === 0) {
      trace.cr4 = (trace.cr4 ?? CR4) | CR4_VMXE;
      infer({ kind: 'mov-cr4', vcpu, value: wordOf(trace.cr4), gpr: 0 });
    }
    infer({ kind: 'vmxon', vcpu, address: VMXON_REGION, revision: REVISION });
  }
  const isNew = !trace.vmcs.has(vmcs.page);
  if (isNew) infer({ kind: 'vmclear', vcpu, address: vmcs });
  if (isNew || trace.currentVmcs !== vmcs.page) {
    infer({ kind: 'vmptrld', vcpu, address: vmcs, revision: REVISION });
  }
  trace.vmcs.add(vmcs.page);
  trace.currentVmcs = vmcs.page;
  const hostCr3 = trace.hostCr3.get(vmcs.page) ?? trace.cr3 ?? { page: 0, low: 0 };
  if (isNew)
    for (const [field, value] of fieldsOf(trace, eptp !== null)) infer(write(field, value));
  trace.hostCr3From = infer(write(VmcsFieldNumber.HOST_CR3, hostCr3));
  trace.l1Cr3 = hostCr3;
  if (eptp !== null) place(window, write(VmcsFieldNumber.EPT_POINTER, eptp), 'seen');
  else if (cr3 !== null) place(window, write(VmcsFieldNumber.GUEST_CR3, cr3), 'seen');
  place(window, { kind: isNew ? 'vmlaunch' : 'vmresume', vcpu }, 'seen');
}

/** Revision identifier of KVM's VMCS12, which L1 stores in a region. */
const REVISION = 0x11e57ed0;

function fieldsOf({ cr4 }: VcpuTrace, hasEpt: boolean): [number, Word][] {
  const ownCr4 = wordOf(cr4 ?? CR4);
  return [
    [VmcsFieldNumber.CPU_BASED_VM_EXEC_CONTROL, wordOf(PRIMARY)],
    [VmcsFieldNumber.EXCEPTION_BITMAP, wordOf(ALL_EXCEPTIONS)],
    [VmcsFieldNumber.SECONDARY_VM_EXEC_CONTROL, wordOf(hasEpt ? ENABLE_EPT : 0)],
    [VmcsFieldNumber.GUEST_CR0, wordOf(CR0)],
    [VmcsFieldNumber.GUEST_CR4, ownCr4],
    [VmcsFieldNumber.HOST_CR0, wordOf(CR0)],
    [VmcsFieldNumber.HOST_CR4, ownCr4],
  ];
}

/** Bits 31:0, whatever operators have made of their sign. */
function wordOf(value: number): Word {
  return wordFromNumber(value >>> 0);
}
