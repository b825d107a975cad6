import { clearDirtyLog } from './commands/clear-dirty-log.js';
import { dirtyLog } from './commands/dirty-log.js';
import { execute } from './commands/execute.js';
import { freeRoots } from './commands/free-roots.js';
import { getDirtyLog } from './commands/get-dirty-log.js';
import { getNestedState } from './commands/get-nested-state.js';
import { hostWrite } from './commands/host-write.js';
import { hvFlush } from './commands/hv-flush.js';
import { init } from './commands/init.js';
import { invept } from './commands/invept.js';
import { invlpg } from './commands/invlpg.js';
import { invpcid } from './commands/invpcid.js';
import { invvpid } from './commands/invvpid.js';
import { loadRoot } from './commands/load-root.js';
import { makeRequest } from './commands/make-request.js';
import { map } from './commands/map.js';
import { movCr0 } from './commands/mov-cr0.js';
import { movCr3 } from './commands/mov-cr3.js';
import { movCr4 } from './commands/mov-cr4.js';
import { movFromCr3 } from './commands/mov-from-cr3.js';
import { preempt } from './commands/preempt.js';
import { pvFlush } from './commands/pv-flush.js';
import { read } from './commands/read.js';
import { refusalOf } from './commands/refusal.js';
import { rsm } from './commands/rsm.js';
import { runL2 } from './commands/run-l2.js';
import { setCpuid } from './commands/set-cpuid.js';
import { setMemslot } from './commands/set-memslot.js';
import { setNestedState } from './commands/set-nested-state.js';
import { setSregs } from './commands/set-sregs.js';
import { smi } from './commands/smi.js';
import { unmap } from './commands/unmap.js';
import { vmclear } from './commands/vmclear.js';
import { vmexit } from './commands/vmexit.js';
import { vmfunc } from './commands/vmfunc.js';
import { vmptrld } from './commands/vmptrld.js';
import { vmread } from './commands/vmread.js';
import { vmrun } from './commands/vmrun.js';
import { vmwrite } from './commands/vmwrite.js';
import { vmxoff } from './commands/vmxoff.js';
import { vmxon } from './commands/vmxon.js';
import { write } from './commands/write.js';
import { wrmsrEfer } from './commands/wrmsr-efer.js';
import { wrmsrPkrs } from './commands/wrmsr-pkrs.js';
import { wrpkru } from './commands/wrpkru.js';
import { zapAll } from './commands/zap-all.js';
import { listening } from './listening.js';
import { reflectFault, runGuest } from './nested/index.js';
import {
  beginCommand,
  followCommand,
  isWatched,
  takeCommandBack,
  type WatchedVm,
} from './oracle/index.js';
import { kickToHost } from './requests/index.js';
import { resetContext } from './roots/index.js';
import {
  COMMAND_KINDS,
  COMMANDS,
  type Command,
  type CommandKind,
  type Outcome,
} from './schema/index.js';
import { CommandRefused, type Emit, type Vcpu, type Vm } from './state/index.js';
import { OK } from './vcpu/index.js';

/** Operations of KVM's own and of the VMM: they do not enter the guest first. */
const HOST_OPERATIONS: ReadonlySet<CommandKind> = new Set(
  COMMAND_KINDS.filter((kind) => COMMANDS[kind].runsIn === 'host'),
);

/**
 * Applies one command to a VM, in place. The only dispatcher: the same commands give the same
 * states and events, always.
 *
 * A guest instruction runs in the guest, so a vCPU in the host first enters, which services what
 * is pending.
 *
 * @param emit Takes the events as they happen; null if nobody listens.
 * @returns How the command ended. The guest's own fault is an outcome.
 * @throws {CommandRefused} If there is no such vCPU, or it cannot take the command now; nothing
 *   has changed then.
 */
export function step(vm: Vm, command: Command, emit: Emit): Outcome {
  const vcpu = vm.vcpus[command.vcpu];
  if (vcpu === undefined) {
    throw new CommandRefused(`Cannot run "${command.kind}": no vCPU ${command.vcpu}`);
  }
  const refusal = refusalOf(vm, vcpu, command);
  if (refusal !== null) throw new CommandRefused(`Cannot run "${command.kind}": ${refusal}`);
  if (!isWatched(vm)) return carryOut(vm, vcpu, command, emit);
  beginCommand(vm, vcpu, command.kind);
  const outcome = carryOutWatched(vm, vcpu, command, emit);
  followCommand(vm, vcpu, command, outcome);
  return outcome;
}

/** Carries a command out, and takes it back from the oracle if its handler refuses it. */
function carryOutWatched(vm: WatchedVm, vcpu: Vcpu, command: Command, emit: Emit): Outcome {
  try {
    return carryOut(vm, vcpu, command, listening(vm, emit));
  } catch (error) {
    if (error instanceof CommandRefused) takeCommandBack(vm.oracle);
    throw error;
  }
}

function carryOut(vm: Vm, vcpu: Vcpu, command: Command, emit: Emit): Outcome {
  if (entersFirst(vm, command)) {
    const ended = runGuest(vm, vcpu, emit);
    if (ended !== null) return ended;
  }
  return reflectFault(vm, vcpu, handle(vm, vcpu, command, emit), emit);
}

/** Whether a command enters the guest before anything else, as an instruction of the guest does. */
export function entersFirst({ rules }: Vm, command: Command): boolean {
  if (command.kind === 'vmexit' && command.synthesized) {
    return rules.nestedEvents === 'after-requests';
  }
  return !HOST_OPERATIONS.has(command.kind);
}

/** The one place that knows every handler. */
function handle(vm: Vm, vcpu: Vcpu, command: Command, emit: Emit): Outcome {
  switch (command.kind) {
    case 'mov-cr0':
      return movCr0(vm, vcpu, command, emit);
    case 'mov-cr3':
      return movCr3(vm, vcpu, command, emit);
    case 'mov-cr4':
      return movCr4(vm, vcpu, command, emit);
    case 'mov-from-cr3':
      return movFromCr3(vm, vcpu, command, emit);
    case 'wrmsr-efer':
      return wrmsrEfer(vm, vcpu, command, emit);
    case 'wrmsr-pkrs':
      return wrmsrPkrs(vm, vcpu, command, emit);
    case 'wrpkru':
      return wrpkru(vcpu, command);
    case 'invlpg':
      return invlpg(vm, vcpu, command, emit);
    case 'invpcid':
      return invpcid(vm, vcpu, command, emit);
    case 'vmxon':
      return vmxon(vm, vcpu, command, emit);
    case 'vmxoff':
      return vmxoff(vm, vcpu, emit);
    case 'vmclear':
      return vmclear(vm, vcpu, command, emit);
    case 'vmptrld':
      return vmptrld(vm, vcpu, command, emit);
    case 'vmread':
      return vmread(vm, vcpu, command, emit);
    case 'vmwrite':
      return vmwrite(vm, vcpu, command, emit);
    case 'vmlaunch':
    case 'vmresume':
      return runL2(vm, vcpu, command.kind, emit);
    case 'invept':
      return invept(vm, vcpu, command, emit);
    case 'invvpid':
      return invvpid(vm, vcpu, command, emit);
    case 'vmfunc':
      return vmfunc(vm, vcpu, command, emit);
    case 'vmexit':
      return vmexit(vm, vcpu, command, emit);
    case 'vmrun':
      return vmrun(vm, vcpu, command, emit);
    case 'read':
      return read(vm, vcpu, command, emit);
    case 'write':
      return write(vm, vcpu, command, emit);
    case 'execute':
      return execute(vm, vcpu, command, emit);
    case 'load-root':
      return loadRoot(vm, vcpu, command, emit);
    case 'enter':
      return runGuest(vm, vcpu, emit) ?? OK;
    case 'make-request':
      return makeRequest(vm, vcpu, command, emit);
    case 'zap-all':
      return zapAll(vm, vcpu, emit);
    case 'set-memslot':
      return setMemslot(vm, vcpu, command, emit);
    case 'host-write':
      return hostWrite(vm, command);
    case 'preempt':
      return preempt(vm, vcpu, emit);
    case 'pv-flush':
      return pvFlush(vm, command);
    case 'hv-flush':
      return hvFlush(vm, vcpu, command, emit);
    case 'init':
      return init(vm, vcpu, emit);
    case 'get-nested-state':
      return getNestedState(vm, vcpu, emit);
    case 'set-cpuid':
      return setCpuid(vm, vcpu, command, emit);
    case 'set-nested-state':
      return setNestedState(vm, vcpu, command, emit);
    case 'smi':
      return smi(vm, vcpu, emit);
    case 'rsm':
      return rsm(vm, vcpu, emit);
    case 'dirty-log':
      return dirtyLog(vm, vcpu, command, emit);
    case 'get-dirty-log':
      return getDirtyLog(vm, vcpu, command, emit);
    case 'clear-dirty-log':
      return clearDirtyLog(vm, vcpu, command, emit);
    case 'unmap':
      return unmap(vm, vcpu, command, emit);
    case 'map':
      return map(vm, vcpu, command, emit);
    case 'set-sregs':
      return setSregs(vm, vcpu, command, emit);
    case 'free-roots':
      return freeRoots(vm, vcpu, command, emit);
    case 'reset-context':
      kickToHost(vcpu, emit);
      resetContext(vm, vcpu, emit);
      return OK;
  }
}
