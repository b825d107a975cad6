import { createVm, step, type Vm } from '../../src/mmu/index.js';
import {
  Command,
  type CommandInput,
  createJsonWriter,
  MmuEvent,
  type Outcome,
  VmConfig,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';
import {
  currentRoot,
  type Mmu,
  prevRootsOf,
  type RootSlot,
  type Vcpu,
} from '../../src/mmu/state/index.js';

/** A machine under test, driven by wire-form commands. */
export interface Lab {
  readonly vm: Vm;
  readonly vcpu: Vcpu;
  /** Runs a command; its events are kept until the next one. */
  run(command: LabCommand): Outcome;
  readonly events: MmuEvent[];
}

/** A command for vCPU 0 unless it says otherwise. */
export type LabCommand = CommandInput extends infer C
  ? C extends CommandInput
    ? Omit<C, 'vcpu'> & { vcpu?: number }
    : never
  : never;

export function createLab(config: VmConfigInput = {}): Lab {
  const vm = createVm(VmConfig.parse(config));
  const events: MmuEvent[] = [];
  return {
    vm,
    vcpu: vm.vcpus[0] as Vcpu,
    events,
    run(command) {
      events.length = 0;
      return step(vm, Command.parse({ vcpu: 0, ...command }), (_vcpu, event) => events.push(event));
    },
  };
}

/** VMX operation with a current VMCS; its secondary controls as given, and VPID 1. */
export function beginVmx(config: VmConfigInput, secondary: string): Lab {
  const lab = createLab({ registers: { cr4: '0x20a0', cr3: '0x100000' }, ...config });
  lab.run({ kind: 'vmxon', address: '0x1000' });
  lab.run({ kind: 'vmptrld', address: '0x2000' });
  lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: secondary });
  lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' });
  lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: '0x10101e' });
  lab.run({ kind: 'vmwrite', field: 'GUEST_CR3', value: '0x200000' });
  return lab;
}

/** `root prev0 prev1 prev2`, each the pgd in hex without `0x`, `-` if empty, `*` if it owes. */
export function slotsOf(mmu: Mmu): string {
  return [currentRoot(mmu), ...prevRootsOf(mmu)].map(slotText).join(' ');
}

function slotText(slot: RootSlot): string {
  if (slot === null) return '-';
  const { page, low } = slot.pgd;
  return (page * 4096 + low).toString(16) + (slot.syncDue || slot.flushDue ? '*' : '');
}

/** Kinds of events, in order, those that every entry and exit brings left out. */
export function kindsOf(events: readonly MmuEvent[]): string[] {
  return events
    .filter(({ kind }) => !ROUTINE.has(kind))
    .map((event) => ('request' in event ? `${event.kind} ${event.request}` : event.kind));
}

const ROUTINE: ReadonlySet<string> = new Set([
  'vm-exit',
  'vm-entered',
  'page-allocated',
  'root-synced',
  'tlb-flushed',
]);

export const writeEvent = createJsonWriter(MmuEvent);
