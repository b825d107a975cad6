import type { WireVcpu } from '../api/wire.js';

/** Standing of a kind of command in a state: to be done next, or of no use yet. */
export interface Standing {
  readonly rank: 'next' | 'blocked';
  readonly reason: string;
}

interface Rule extends Standing {
  readonly kinds: readonly string[];
  readonly holds: (state: WireVcpu, vendor: string) => boolean;
}

const VMXE = 1 << 13;

const NEED_VMCS = ['vmread', 'vmwrite', 'vmlaunch', 'vmresume'];
const IN_VMX = ['vmxoff', 'vmclear', 'vmptrld', 'invept', 'invvpid', ...NEED_VMCS];

const isL1InVmx = ({ nested }: WireVcpu) => nested.vmxon !== null && !nested.guestMode;
const hasVmxe = ({ cr4 }: WireVcpu) => (Number(cr4) & VMXE) !== 0;

/** Rules on the state of a vCPU. Of those that hold for a kind of command, the first counts. */
const RULES: readonly Rule[] = [
  rule('blocked', 'An instruction of Intel', ['vmxon', ...IN_VMX], (_, of) => of !== 'vmx'),
  rule('blocked', 'An instruction of AMD', ['vmrun'], (_, of) => of !== 'svm'),
  rule('blocked', 'Outside VMX operation: vmxon first', IN_VMX, (s) => s.nested.vmxon === null),
  rule('blocked', 'CPL is not 0', ['vmxon', ...IN_VMX], (s) => s.cpl > 0),
  rule('blocked', 'CR4.VMXE is clear: mov-cr4 first', ['vmxon'], (s) => !hasVmxe(s)),
  rule('blocked', 'In VMX operation already', ['vmxon'], isL1InVmx),
  rule(
    'blocked',
    'No VMCS is current: vmptrld first',
    NEED_VMCS,
    (s) => isL1InVmx(s) && s.nested.currentVmcs === null,
  ),
  rule('blocked', 'L2 is not running', ['vmexit'], (s) => !s.nested.guestMode),
  rule('blocked', 'In system-management mode already', ['smi'], (s) => s.smm),
  rule('blocked', 'Outside system-management mode', ['rsm'], (s) => !s.smm),
  rule('next', 'Requests are pending', ['enter'], (s) => s.requests.length > 0),
  rule('next', 'KVM runs', ['enter'], (s) => s.mode === 'host'),
  rule('next', 'CR4.VMXE is set', ['vmxon'], (s) => s.nested.vmxon === null),
  rule(
    'next',
    'No VMCS is current',
    ['vmclear', 'vmptrld'],
    (s) => isL1InVmx(s) && s.nested.currentVmcs === null,
  ),
  rule('next', 'A VMCS is current', ['vmlaunch', 'vmresume'], isL1InVmx),
  rule('next', 'L2 runs', ['vmexit'], (s) => s.nested.guestMode),
  rule('next', 'In system-management mode', ['rsm'], (s) => s.smm),
];

/**
 * Finds the standing of a kind of command; null if the state says nothing about it. This orders the list and
 * refuses nothing: whether a command can run is for the server to say.
 *
 * @param vendor That of the processor: `vmx` or `svm`.
 */
export function standingOf(kind: string, state: WireVcpu, vendor: string): Standing | null {
  return RULES.find(({ kinds, holds }) => kinds.includes(kind) && holds(state, vendor)) ?? null;
}

function rule(
  rank: Standing['rank'],
  reason: string,
  kinds: readonly string[],
  holds: Rule['holds'],
): Rule {
  return { rank, reason, kinds, holds };
}
