import { z } from 'zod';
import {
  isDirect,
  isInvalid,
  isPcide,
  type Mmu,
  pagingModeOf,
  prevRootCount,
  requestNamesOf,
  rootAt,
  type Vcpu,
  type Vm,
} from '../../mmu/index.js';
import { CURRENT, MmuName, RequestName } from '../../mmu/schema/index.js';

/** Kinds of slots, in the order in which a class lists them. */
const SLOT_KINDS = ['live', 'unsync', 'marked', 'direct', 'special', 'empty'] as const;
type SlotKind = (typeof SLOT_KINDS)[number];

const SlotKind = z.enum(SLOT_KINDS).meta({
  id: 'SlotKind',
  description:
    'A root that owes nothing, one below which something is unsync, one that owes a sync or a ' +
    'flush, one that maps memory itself, a PAE or dummy root, or none.',
});

const MmuClass = z
  .strictObject({
    current: SlotKind,
    cached: z.array(SlotKind).describe('Kinds of the slots in `prev_roots`, each once.'),
  })
  .meta({ id: 'MmuClass', description: 'The root cache of an MMU, as far as it decides.' });
type MmuClass = z.output<typeof MmuClass>;

/** The parts of a VM's state that decide what a command to one of its vCPUs can do. */
export const StateClass = z
  .strictObject({
    runs: z.enum(['host', 'guest']).describe('The side that runs.'),
    level: z.enum(['L1', 'L2']),
    paging: z.enum(['none', '32-bit', 'PAE', '4-level', '5-level']),
    pcide: z.boolean().describe('CR4.PCIDE.'),
    vmx: z
      .enum(['off', 'on', 'vmcs'])
      .describe('Outside VMX operation, inside, inside with a VMCS that is current.'),
    smm: z.boolean().describe('System-management mode.'),
    mmu: MmuName.describe('The MMU in use.'),
    rootMmu: MmuClass,
    guestMmu: MmuClass,
    requests: z.array(RequestName).describe('Pending requests, in the order of service.'),
    unsync: z.boolean().describe('Whether some shadow page of the VM is unsync.'),
  })
  .meta({
    id: 'StateClass',
    description: 'What of a state decides what a command to a vCPU can do: see ADR 26.',
  });
export type StateClass = z.output<typeof StateClass>;

/**
 * The class of a state for commands to one of its vCPUs. It looks at the vCPU and at the flags of
 * shadow pages, and neither at TLBs, nor at memory, nor at the oracle.
 *
 * @see docs/adr/0026-state-classes.md
 */
export function stateClassOf({ shadow }: Pick<Vm, 'shadow'>, vcpu: Vcpu): StateClass {
  const { regs, nested } = vcpu;
  return {
    runs: vcpu.mode,
    level: nested.guestMode ? 'L2' : 'L1',
    paging: pagingModeOf(regs),
    pcide: isPcide(regs),
    vmx: nested.vmxon === -1 ? 'off' : nested.currentVmcs === null ? 'on' : 'vmcs',
    smm: vcpu.smm !== null,
    mmu: vcpu.mmu.name,
    rootMmu: mmuClassOf(vcpu.rootMmu),
    guestMmu: mmuClassOf(vcpu.guestMmu),
    requests: requestNamesOf(vcpu.requests),
    unsync: shadow.table.some((page) => page?.unsync === true && !isInvalid(page.role)),
  };
}

function mmuClassOf(mmu: Mmu): MmuClass {
  const slots = Array.from({ length: prevRootCount(mmu) }, (_, slot) => slotKindOf(mmu, slot));
  return {
    current: slotKindOf(mmu, CURRENT),
    cached: SLOT_KINDS.filter((kind) => slots.includes(kind)),
  };
}

function slotKindOf(mmu: Mmu, slot: number): SlotKind {
  const root = rootAt(mmu, slot);
  if (root === null) return 'empty';
  if (root.page === null) return 'special';
  if (isDirect(root.page.role)) return 'direct';
  if (root.syncDue || root.flushDue || mmu.slotMarks[slot + 1] === true) return 'marked';
  return root.page.unsyncChildren > 0 ? 'unsync' : 'live';
}

/** A class in words, which tell it from every other. */
export function stateClassText(state: StateClass): string {
  const { runs, level, paging, pcide, vmx, smm, mmu, rootMmu, guestMmu, requests, unsync } = state;
  const said = [
    ...[`${level} ${runs}`, pcide ? `${paging} PCIDE` : paging],
    ...(vmx === 'off' ? [] : [`VMX ${vmx}`]),
    ...(smm ? ['SMM'] : []),
    `${mmu === 'root' ? '*' : ''}root ${mmuText(rootMmu)}`,
    ...(mmu === 'guest' || !isEmpty(guestMmu)
      ? [`${mmu === 'guest' ? '*' : ''}guest ${mmuText(guestMmu)}`]
      : []),
    ...(requests.length === 0 ? [] : [requests.join('+')]),
    ...(unsync ? ['unsync pages'] : []),
  ];
  return said.join(', ');
}

function isEmpty({ current, cached }: MmuClass): boolean {
  return [current, ...cached].every((kind) => kind === 'empty');
}

function mmuText({ current, cached }: MmuClass): string {
  return cached.length === 0 ? current : `${current} [${cached.join(' ')}]`;
}
