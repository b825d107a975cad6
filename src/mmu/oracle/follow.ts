import type { Command, CommandKind, Outcome } from '../schema/index.js';
import { type Oracle, type Vcpu, type VirtualTlb, vpidOf } from '../state/index.js';
import { followContext } from './context.js';
import { dropCombined, dropVpid } from './drop.js';
import { forgetAllFresh } from './fresh.js';
import { controlChanged, invept, invlpg, invpcid, invvpid, movCr3 } from './instructions.js';
import { momentNow } from './moments.js';
import { hvFlush, pvFlush } from './paravirtual.js';
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
  before.initPending = vcpu.initPending;
}

/** The command that was begun is refused after all. */
export function takeCommandBack({ command }: Oracle): void {
  command.nth -= 1;
}

/**
 * A command is done: the vCPU may run under other tags now, and the architecture may have asked the
 * processor to drop what it had cached. It is read from the command and its outcome alone, so that
 * what KVM made of it does not matter. Registers that a VMM loads drop nothing, as those that a VM
 * entry loads: no instruction has changed them.
 */
export function followCommand(vm: WatchedVm, vcpu: Vcpu, command: Command, outcome: Outcome): void {
  // An access that went through has changed no register, and drops nothing.
  if (outcome.kind === 'ok' && isAccess(command)) return;
  followTags(vm, vcpu, command, outcome);
  countMemories(vm.oracle, vtlbOf(vm, vcpu));
}

function isAccess({ kind }: Command): boolean {
  return kind === 'read' || kind === 'write' || kind === 'execute';
}

function followTags(vm: WatchedVm, vcpu: Vcpu, command: Command, outcome: Outcome): void {
  const vtlb = vtlbOf(vm, vcpu);
  const left = vtlb.context;
  followContext(vm, vcpu, vtlb);
  if (vtlb.before.guestMode !== vcpu.nested.guestMode) followTransition(vm, vcpu, vtlb);
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
      // The processor drops everything of VPID 0 that any EPT made, if the EPT is another one now.
      if (left !== vtlb.context && left.vpid === 0) dropCombined(vtlb, 0, momentNow(vm.oracle));
      break;
    case 'pv-flush':
      pvFlush(vm, command, outcome.value);
      break;
    case 'hv-flush':
      hvFlush(vm, command, outcome.value);
      break;
    case 'init':
    case 'vmxoff':
    case 'rsm':
      if (hasTakenInit(vtlb, vcpu, command)) dropVpid(vtlb, left.vpid, momentNow(vm.oracle));
      break;
    case 'set-memslot':
      forgetAllFresh(vm.oracle);
      break;
    case 'wrmsr-pkrs':
    case 'wrpkru':
    case 'vmlaunch':
    case 'vmresume':
    case 'vmrun':
    case 'vmexit':
    case 'vmxon':
    case 'vmclear':
    case 'vmptrld':
    case 'vmread':
    case 'vmwrite':
    case 'mov-from-cr3':
    case 'smi':
    case 'get-nested-state':
    case 'set-nested-state':
    case 'wrmsr-efer':
    case 'load-root':
    case 'enter':
    case 'make-request':
    case 'set-sregs':
    case 'set-cpuid':
    case 'zap-all':
    case 'preempt':
    case 'host-write':
    case 'dirty-log':
    case 'get-dirty-log':
    case 'clear-dirty-log':
    case 'unmap':
    case 'map':
    case 'free-roots':
    case 'reset-context':
      break;
  }
}

/** Whether an INIT took place: this one, or one that waited. */
function hasTakenInit({ before }: VirtualTlb, { initPending }: Vcpu, { kind }: Command): boolean {
  return !initPending && (kind === 'init' || before.initPending);
}

/** @see Intel SDM Vol. 3C, "Operations that Invalidate Cached Mappings": VM entries and exits */
function followTransition({ oracle }: WatchedVm, { nested }: Vcpu, vtlb: VirtualTlb): void {
  const vmcs12 = nested.currentVmcs;
  if (vmcs12 !== null && vpidOf(vmcs12) === null) dropVpid(vtlb, 0, momentNow(oracle));
}
