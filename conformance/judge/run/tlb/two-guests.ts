import { pagesInOrder } from '../../../../src/mmu/machine/index.js';
import { hexOf } from '../../attempt/hex.js';
import { createSpec } from '../../attempt/machine-spec.js';
import type { MachineCommand } from '../../attempt/machine-step.js';
import { createMachine, type Machine, run } from '../machine.js';
import { mustRun } from '../perform.js';
import {
  EPTP_LIST,
  type EptName,
  type GuestName,
  L1_ROOT,
  type Layout,
  type Pcid,
} from './layout.js';

/** A guest that runs, and the tags of its translations while it does. */
export interface Position {
  readonly guest: GuestName;
  /** 0 for L1, and for an L2 without VPID. */
  readonly vpid: 0 | 1 | 2;
  readonly ept: EptName;
  readonly pcid: Pcid;
}

/** A machine with L1 and its L2 on it. RESET puts another in its place. */
export interface TwoGuests {
  machine: Machine;
  readonly layout: Layout;
  readonly paging: 'shadow' | 'ept';
}

/** PAE, PGE, VMXE, PCIDE. */
export const CR4 = 0x220a0n;
const CR0 = 0x80010033n;

const NO_FLUSH = 1n << 63n;

const VMXON_REGION = '0x1000000';
const VMCS_REGION = '0x1001000';

/** Activates secondary controls, and the MSR bitmap, so that a WRMSR of L2 does not exit. */
const PRIMARY_CONTROLS = '0x94006172';
const EPT = 1n << 1n;
const VPID = 1n << 5n;
const UNRESTRICTED_GUEST = 1n << 7n;
const INVPCID = 1n << 12n;
const VMFUNC = 1n << 13n;

/** A VM in which L1 runs, in VMX operation, with a VMCS for its L2. */
export function startGuests(paging: 'shadow' | 'ept', layout: Layout): TwoGuests {
  return { machine: bootMachine(paging, layout, layout.memory), layout, paging };
}

/** RESET: nothing is cached any more, and memory is as it was. */
export function reset(guests: TwoGuests): void {
  const memory = new Map<bigint, bigint>();
  for (const [gfn, page] of pagesInOrder(guests.machine.vm.memory.pages)) {
    for (let at = 0; at < page.length; at += 2) {
      const word = (BigInt(page[at + 1] ?? 0) << 32n) | BigInt(page[at] ?? 0);
      if (word !== 0n) memory.set(BigInt(gfn) * 4096n + BigInt(at) * 4n, word);
    }
  }
  guests.machine = bootMachine(guests.paging, guests.layout, memory);
}

function bootMachine(
  paging: 'shadow' | 'ept',
  layout: Layout,
  memory: Map<bigint, bigint>,
): Machine {
  const spec = { ...createSpec(), vmx: 'root' as const, paging, memory };
  spec.l1.cr3 = L1_ROOT;
  const machine = createMachine(spec);
  const { eptps } = layout;
  mustRun(machine, { kind: 'mov-cr4', value: hexOf(CR4) });
  beginVmx(machine);
  mustRun(machine, { kind: 'vmclear', address: VMCS_REGION });
  loadVmcs(machine);
  const fields = {
    CPU_BASED_VM_EXEC_CONTROL: PRIMARY_CONTROLS,
    HOST_CR3: hexOf(L1_ROOT),
    HOST_CR4: hexOf(CR4),
    ...(paging === 'shadow'
      ? {}
      : {
          EPT_POINTER: hexOf(eptps[1]),
          VM_FUNCTION_CONTROL: '0x1',
          EPTP_LIST_ADDRESS: hexOf(EPTP_LIST),
        }),
  };
  for (const [field, value] of Object.entries(fields)) {
    mustRun(machine, { kind: 'vmwrite', field, value });
  }
  return machine;
}

export function beginVmx(machine: Machine): void {
  mustRun(machine, { kind: 'vmxon', address: VMXON_REGION });
}

export function loadVmcs(machine: Machine): void {
  mustRun(machine, { kind: 'vmptrld', address: VMCS_REGION });
}

/**
 * Goes where a position is by what invalidates nothing: loads of CR3 that flush nothing, and VM
 * entries and exits of an L2 that has a VPID. Those of one that has none drop what VPID 0 has.
 */
export function goTo({ machine, layout }: TwoGuests, position: Position): void {
  const { guest, pcid } = position;
  if (guest === 'l1') {
    if (isInL2(machine)) leaveL2(machine);
    loadCr3(machine, layout.rootOf('l1', pcid) | BigInt(pcid) | NO_FLUSH);
    return;
  }
  if (isInL2(machine)) leaveL2(machine);
  describeL2(machine, layout, position);
  mustRun(machine, enterL2Command(machine));
  mustRun(machine, { kind: 'enter' });
}

/** L1 writes into the VMCS how its L2 is to run. */
export function describeL2(machine: Machine, layout: Layout, { vpid, ept, pcid }: Position): void {
  const controls =
    INVPCID | (vpid === 0 ? 0n : VPID) | (ept === 0 ? 0n : EPT | UNRESTRICTED_GUEST | VMFUNC);
  const fields: Record<string, bigint> = {
    SECONDARY_VM_EXEC_CONTROL: controls,
    VIRTUAL_PROCESSOR_ID: BigInt(vpid),
    GUEST_CR0: CR0,
    GUEST_CR3: layout.rootOf('l2', pcid) | BigInt(pcid),
    GUEST_CR4: CR4,
  };
  if (ept !== 0) fields.EPT_POINTER = layout.eptps[ept];
  for (const [field, value] of Object.entries(fields)) {
    mustRun(machine, { kind: 'vmwrite', field, value: hexOf(value) });
  }
}

export function enterL2Command({ vcpu }: Machine): MachineCommand {
  return { kind: vcpu.nested.currentVmcs?.launched === true ? 'vmresume' : 'vmlaunch' };
}

export function isInL2({ vcpu }: Machine): boolean {
  return vcpu.nested.guestMode;
}

export function leaveL2(machine: Machine): void {
  mustRun(machine, { kind: 'vmexit' }, 'vm-exit');
}

function loadCr3(machine: Machine, value: bigint): void {
  mustRun(machine, { kind: 'mov-cr3', value: hexOf(value) });
}

/** Has whoever runs store a word in a table, by the address at which it lies in memory. */
export function store({ machine }: TwoGuests, place: bigint, value: bigint): void {
  mustRun(machine, { kind: 'write', gva: hexOf(place), value: hexOf(value) });
}

/** Reads as the supervisor. @returns The value; null if there was none. */
export function readAt({ machine }: TwoGuests, gva: bigint): bigint | null {
  const outcome = run(machine, { kind: 'read', gva: hexOf(gva) });
  if (outcome.kind !== 'ok' || outcome.value === undefined) return null;
  return BigInt(outcome.value.page) * 4096n + BigInt(outcome.value.low);
}
