import { EXIT_REASON, ZERO } from '../machine/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import {
  type Entered,
  enterGuest,
  INTERRUPTED,
  isInitBlocked,
  SHUTDOWN,
  serviceRequests,
} from '../vcpu/index.js';
import { shutDownL2OfSvm } from './svm.js';
import { nestedVmexit } from './vmexit.js';

/**
 * Runs the guest, L1 or L2. A triple fault of L1 leaves to the VMM; one of L2 is an exit to L1,
 * which runs then, so that whatever was to be done in L2 is not. So is an INIT that waited.
 *
 * @returns Null once the guest runs, or how the vCPU ended instead.
 * @see Linux `vcpu_run()`, arch/x86/kvm/x86.c; `nested_vmx_triple_fault()`
 */
export function runGuest(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome | null {
  if (vcpu.initPending && isInitForL2(vcpu)) return leaveByInit(vm, vcpu, emit);
  const entered = enterGuest(vm, vcpu, emit);
  if (entered !== 'triple-fault' || !vcpu.nested.guestMode) return endOf(entered);
  if (vcpu.nested.svm !== null) {
    const ended = shutDownL2OfSvm(vm, vcpu, emit);
    return endOf(enterGuest(vm, vcpu, emit)) ?? ended;
  }
  return leaveFor(vm, vcpu, 'TRIPLE_FAULT', emit);
}

function isInitForL2(vcpu: Vcpu): boolean {
  return vcpu.mode === 'host' && vcpu.nested.guestMode && !isInitBlocked(vcpu);
}

/**
 * An INIT that waited in VMX root operation makes L2 leave before it runs.
 *
 * @see Linux `vmx_check_nested_events()`, arch/x86/kvm/vmx/nested.c
 */
function leaveByInit(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  const isLate = vm.rules.nestedEvents === 'after-requests';
  const serviced = isLate ? serviceRequests(vm, vcpu, emit) : 'all';
  if (serviced === 'triple-fault') return leaveFor(vm, vcpu, 'TRIPLE_FAULT', emit);
  if (serviced === 'no-pages') return NO_PAGES;
  vcpu.initPending = false;
  return leaveFor(vm, vcpu, 'INIT_SIGNAL', emit);
}

/** L2 leaves to L1, which runs then. */
function leaveFor(vm: Vm, vcpu: Vcpu, name: 'TRIPLE_FAULT' | 'INIT_SIGNAL', emit: Emit): Outcome {
  const exit = { reason: EXIT_REASON[name], name, qualification: ZERO } as const;
  const outcome = nestedVmexit(vm, vcpu, exit, emit);
  if (outcome.kind === 'shutdown') return outcome;
  return endOf(enterGuest(vm, vcpu, emit)) ?? outcome;
}

/** KVM_RUN returns without having run. */
const NO_PAGES: Outcome = { kind: 'error', errno: 'EFAULT' };

/** End of the vCPU, if its guest does not run: null if it does. */
function endOf(entered: Entered): Outcome | null {
  switch (entered) {
    case 'guest':
      return null;
    case 'triple-fault':
      return SHUTDOWN;
    case 'no-pages':
      return NO_PAGES;
    case 'interrupted':
      return INTERRUPTED;
  }
}
