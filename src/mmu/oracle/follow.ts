import {
  EFER_NX,
  ep4taOf,
  isCanonical,
  isLa57,
  isLongMode,
  isNoFlush,
  isPaging,
  isPcide,
  pcidOf,
  type Word,
  X86_CR0_PG,
  X86_CR4_LA57,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
  X86_CR4_PGE,
  X86_CR4_PSE,
  X86_CR4_SMEP,
} from '../machine/index.js';
import type { Command, CommandKind, CommandOf, Outcome } from '../schema/index.js';
import {
  type GuestContext,
  type Moment,
  type Oracle,
  type Vcpu,
  type VirtualTlb,
  vpidOf,
} from '../state/index.js';
import { followContext } from './context.js';
import {
  dropAsInvlpg,
  dropCombined,
  dropEp4ta,
  dropEpts,
  dropNonGlobal,
  dropOtherVpids,
  dropPcid,
  dropPcidAndGlobals,
  dropPcidPage,
  dropVpid,
  dropVpidPage,
  forgetBefore,
  noteUnpaged,
} from './drop.js';
import { followFormat } from './formats.js';
import { momentNow } from './moments.js';
import { countMemories } from './room.js';
import { keepVtlb, vtlbOf, type WatchedVm } from './watched-vm.js';

/** A command is about to be carried out: what happens from now on is its doing. */
export function beginCommand(vm: WatchedVm, vcpu: Vcpu, kind: CommandKind): void {
  const { command } = vm.oracle;
  command.nth += 1;
  command.kind = kind;
  const { before } = keepVtlb(vm, vcpu);
  before.cr0 = vcpu.regs.cr0;
  before.cr4 = vcpu.regs.cr4;
  before.efer = vcpu.regs.efer;
  before.guestMode = vcpu.nested.guestMode;
}

/** The command that was begun is refused after all. */
export function takeCommandBack({ command }: Oracle): void {
  command.nth -= 1;
}

/**
 * A command is done: the vCPU may run under other tags now, and the architecture may have asked the
 * processor to drop what it had cached. It is read from the command and its outcome alone, so that
 * what KVM made of it does not matter.
 */
export function followCommand(vm: WatchedVm, vcpu: Vcpu, command: Command, outcome: Outcome): void {
  followTags(vm, vcpu, command, outcome);
  countMemories(vm.oracle, vtlbOf(vm, vcpu));
}

function followTags(vm: WatchedVm, vcpu: Vcpu, command: Command, outcome: Outcome): void {
  const vtlb = vtlbOf(vm, vcpu);
  const left = vtlb.context;
  followContext(vm, vcpu, vtlb);
  if (wasUnpaged(vtlb, left) && (isPaging(vcpu.regs) || left !== vtlb.context)) {
    noteUnpaged(vtlb, left.vpid, momentNow(vm.oracle));
  }
  const isTransition = vtlb.before.guestMode !== vcpu.nested.guestMode;
  if (isTransition || isEntry(command)) followFormat(vm, vcpu, left);
  if (isTransition) followTransition(vm, vcpu, vtlb);
  if (outcome.kind !== 'ok') return;
  switch (command.kind) {
    case 'read':
    case 'write':
    case 'execute':
      break;
    case 'mov-cr3':
      movCr3(vm, vcpu, command);
      break;
    case 'mov-cr0':
    case 'mov-cr4':
    case 'wrmsr-efer':
      controlChanged(vm, vcpu);
      break;
    case 'invlpg':
      invlpg(vm, vcpu, command);
      break;
    case 'invpcid':
      invpcid(vm, vcpu, command);
      break;
    case 'invvpid':
      invvpid(vm, vcpu, command);
      break;
    case 'invept':
      invept(vm, vcpu, command);
      break;
    case 'vmfunc':
      // Of VPID 0 the processor drops what any EPT made, if the EPT is another one now.
      if (left !== vtlb.context && left.vpid === 0) dropCombined(vtlb, 0, momentNow(vm.oracle));
      break;
    case 'init':
      dropVpid(vtlb, left.vpid, momentNow(vm.oracle));
      break;
    case 'set-sregs':
      // No processor does this. Whatever the VMM meant by it, nothing older is judged.
      forgetBefore(vtlb, left.vpid, momentNow(vm.oracle));
      break;
    case 'set-memslot':
      vm.oracle.tableWrites += 1;
      break;
    case 'vmlaunch':
    case 'vmresume':
    case 'vmexit':
    case 'vmxon':
    case 'vmxoff':
    case 'vmclear':
    case 'vmptrld':
    case 'vmwrite':
    case 'mov-from-cr3':
    case 'load-root':
    case 'enter':
    case 'make-request':
    case 'zap-all':
    case 'host-write':
    case 'dirty-log':
    case 'unmap':
    case 'map':
    case 'free-roots':
    case 'reset-context':
      break;
  }
}

/** One that fails loads L1's registers from the host-state area, as an exit does. */
function isEntry({ kind }: Command): boolean {
  return kind === 'vmlaunch' || kind === 'vmresume';
}

/** With an EPT, unpaged linear addresses are translated and cached as well. */
function wasUnpaged({ before }: VirtualTlb, { ep4ta }: GuestContext): boolean {
  return ep4ta !== -1 && (before.cr0 & X86_CR0_PG) === 0;
}

/** @see Intel SDM Vol. 3C, "Operations that Invalidate Cached Mappings": VM entries and exits */
function followTransition({ oracle }: WatchedVm, { nested }: Vcpu, vtlb: VirtualTlb): void {
  const vmcs12 = nested.currentVmcs;
  if (vmcs12 !== null && vpidOf(vmcs12) === null) dropVpid(vtlb, 0, momentNow(oracle));
}

function movCr3(vm: WatchedVm, vcpu: Vcpu, { value }: CommandOf<'mov-cr3'>): void {
  const pcide = isPcide(vcpu.regs);
  if (pcide && isNoFlush(value)) return;
  const vtlb = vtlbOf(vm, vcpu);
  const tag = { vpid: vtlb.context.vpid, pcid: pcidOf(value, pcide) };
  dropPcid(vtlb, tag, momentNow(vm.oracle));
}

/** @see Intel SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches" */
function controlChanged(vm: WatchedVm, vcpu: Vcpu): void {
  const { cr0, cr4, efer } = vcpu.regs;
  const vtlb = vtlbOf(vm, vcpu);
  const { before, context } = vtlb;
  const changed = cr4 ^ before.cr4;
  const cleared = (before.cr0 & ~cr0 & X86_CR0_PG) !== 0;
  const moment = (): Moment => momentNow(vm.oracle);
  if (cleared || (changed & X86_CR4_PGE) !== 0 || (changed & before.cr4 & X86_CR4_PCIDE) !== 0) {
    dropVpid(vtlb, context.vpid, moment());
  } else if ((changed & X86_CR4_PAE) !== 0 || (changed & cr4 & X86_CR4_SMEP) !== 0) {
    dropPcidAndGlobals(vtlb, context, moment());
  }
  // Entries that are read by other rules now were made by those of then.
  const otherFormat = (changed & (X86_CR4_PSE | X86_CR4_LA57 | X86_CR4_PAE)) !== 0;
  const otherNx = ((efer ^ before.efer) & EFER_NX) !== 0;
  if (otherFormat || otherNx) forgetBefore(vtlb, context.vpid, moment());
}

function invlpg(vm: WatchedVm, vcpu: Vcpu, { gva }: CommandOf<'invlpg'>): void {
  const { regs } = vcpu;
  const vtlb = vtlbOf(vm, vcpu);
  if (isLongMode(regs) && !isCanonical(gva, isLa57(regs) ? 57 : 48)) return;
  const { vpid, pcid } = vtlb.context;
  dropAsInvlpg(vtlb, { vpid, pcid, page: pageOf(vcpu, gva) }, momentNow(vm.oracle));
}

/** Outside long mode addresses have 32 bits. */
function pageOf({ regs }: Vcpu, { page }: Word): number {
  return isLongMode(regs) ? page : page % 2 ** 20;
}

function invpcid(vm: WatchedVm, vcpu: Vcpu, command: CommandOf<'invpcid'>): void {
  const vtlb = vtlbOf(vm, vcpu);
  const { vpid } = vtlb.context;
  const { type, pcid, gva } = command;
  const moment = momentNow(vm.oracle);
  switch (type.low) {
    case 0:
      dropPcidPage(vtlb, { vpid, pcid: pcid.low, page: pageOf(vcpu, gva) }, moment);
      break;
    case 1:
      dropPcid(vtlb, { vpid, pcid: pcid.low }, moment);
      break;
    case 2:
      dropVpid(vtlb, vpid, moment);
      break;
    default:
      dropNonGlobal(vtlb, vpid, moment);
  }
}

function invvpid(vm: WatchedVm, vcpu: Vcpu, { type, vpid, gva }: CommandOf<'invvpid'>): void {
  const vtlb = vtlbOf(vm, vcpu);
  const moment = momentNow(vm.oracle);
  const named = (vpid.page % 16) * 4096 + vpid.low;
  switch (type.low) {
    case 0:
      dropVpidPage(vtlb, { vpid: named, page: gva.page }, moment);
      break;
    case 1:
      dropVpid(vtlb, named, moment);
      break;
    case 2:
      dropOtherVpids(vtlb, moment);
      break;
    default:
      dropNonGlobal(vtlb, named, moment);
  }
}

function invept(vm: WatchedVm, vcpu: Vcpu, { type, eptp }: CommandOf<'invept'>): void {
  const vtlb = vtlbOf(vm, vcpu);
  const moment = momentNow(vm.oracle);
  if (type.low === 1) dropEp4ta(vtlb, ep4taOf(eptp), moment);
  else dropEpts(vtlb, moment);
}
