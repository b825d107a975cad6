import type { Outcome, VmConfigInput } from '../../src/mmu/schema/index.js';
import type { LabCommand } from './lab.js';

/** A check that an instruction makes, and how to have it fail. */
export interface Check {
  readonly fails: string;
  readonly config?: VmConfigInput;
  /** Commands before the instruction; those of two checks are run in the order of their ranks. */
  readonly after?: readonly (readonly [rank: number, LabCommand])[];
  /** Other operands; two checks of one operand cannot fail at once. */
  readonly operands?: Readonly<Record<string, unknown>>;
  /** Another check that cannot fail at once with it. */
  readonly unless?: string;
  readonly outcome: Partial<Outcome>;
}

/** An instruction of an L1, and its checks in the order of the manual and of KVM. */
export interface Instruction {
  readonly name: string;
  /** One that passes all checks. */
  readonly valid: LabCommand;
  readonly config: VmConfigInput;
  readonly checks: readonly Check[];
}

const UD = { kind: 'fault', vector: '#UD' } as const;
const GP = { kind: 'fault', vector: '#GP' } as const;
const PF = { kind: 'fault', vector: '#PF' } as const;
const vmFail = (error: number | null) => ({ kind: 'vm-fail', error }) as const;

const REGISTERS = { cr4: '0x220a0', cr3: '0x100000' };
const SHADOW: VmConfigInput = { registers: REGISTERS };
const EPT: VmConfigInput = { registers: REGISTERS, paging: 'ept' };

const ENCODING: Check = { fails: 'operand form', operands: { encoding: 'register' }, outcome: UD };
const VMX_OFF: Check = { fails: 'VMX operation', after: [[3, { kind: 'vmxoff' }]], outcome: UD };
const CPL: Check = { fails: 'CPL', after: [[4, { kind: 'set-sregs', cpl: 3 }]], outcome: GP };
/** No table leads there. */
const DESCRIPTOR: Check = {
  fails: 'descriptor',
  operands: { operand: { gva: '0x7000' } },
  outcome: PF,
};
/** The current VMCS is so no longer. */
const NO_VMCS: Check = {
  fails: 'current VMCS',
  after: [[2, { kind: 'vmclear', address: '0x2000' }]],
  outcome: vmFail(null),
};
const write = (field: string, value: string): LabCommand =>
  ({ kind: 'vmwrite', field, value }) as LabCommand;

const CONTROLS: Check = {
  fails: 'control fields',
  after: [[1, write('PIN_BASED_VM_EXEC_CONTROL', '0x0')]],
  outcome: vmFail(7),
};
const HOST_STATE: Check = {
  fails: 'host state',
  after: [[1, write('HOST_CR3', '0x8000000000000000')]],
  outcome: vmFail(8),
};
const GUEST_STATE: Check = {
  fails: 'guest state',
  after: [[1, write('GUEST_CR3', '0x8000000000000000')]],
  outcome: { kind: 'vm-exit' },
};

/** @see Intel SDM Vol. 2 and 3C, "Operation" of each; Linux `handle_*()`, vmx/nested.c */
export const INSTRUCTIONS: readonly Instruction[] = [
  {
    name: 'INVEPT',
    valid: { kind: 'invept', type: 1, eptp: '0x10101e' },
    config: EPT,
    checks: [
      ENCODING,
      { fails: 'capability', config: { vmx: { ept: false } }, outcome: UD },
      VMX_OFF,
      CPL,
      { fails: 'type', operands: { type: 3 }, outcome: vmFail(28) },
      DESCRIPTOR,
      { fails: 'EPTP', operands: { eptp: '0x101007' }, outcome: vmFail(28) },
    ],
  },
  {
    name: 'INVVPID',
    valid: { kind: 'invvpid', type: 0, vpid: 1, gva: '0x0' },
    config: EPT,
    checks: [
      ENCODING,
      { fails: 'capability', config: { vmx: { vpid: false } }, outcome: UD },
      VMX_OFF,
      CPL,
      { fails: 'type', operands: { type: 4 }, outcome: vmFail(28) },
      DESCRIPTOR,
      { fails: 'reserved bits', operands: { vpid: '0x10001' }, outcome: vmFail(28) },
      { fails: 'VPID', operands: { vpid: 0 }, outcome: vmFail(28) },
      { fails: 'address', operands: { gva: '0x800000000000' }, outcome: vmFail(28) },
    ],
  },
  ...(['5.14', '6.1'] as const).map((kernel): Instruction => {
    const type = { fails: 'type', operands: { type: 4 }, outcome: GP };
    return {
      name: `INVPCID of kernel ${kernel}`,
      valid: { kind: 'invpcid', type: 0, pcid: 1, gva: '0x0' },
      config: { ...SHADOW, kernel },
      checks: [
        ENCODING,
        { fails: 'CPUID', config: { cpuid: { invpcid: false } }, outcome: UD },
        CPL,
        ...(kernel === '5.14' ? [type, DESCRIPTOR] : [DESCRIPTOR, type]),
        { fails: 'reserved bits', operands: { pcid: '0x1001' }, outcome: GP },
        { fails: 'address', operands: { gva: '0x800000000000' }, outcome: GP },
      ],
    };
  }),
  {
    name: 'INVLPG',
    valid: { kind: 'invlpg', gva: '0x0' },
    config: SHADOW,
    checks: [ENCODING, CPL],
  },
  {
    name: 'VMXON',
    valid: { kind: 'vmxon', address: '0x1000' },
    config: SHADOW,
    checks: [
      {
        fails: 'CR4.VMXE',
        after: [[3, { kind: 'set-sregs', cr4: '0x200a0' }]],
        outcome: UD,
      },
      CPL,
      {
        fails: 'VMX operation already',
        after: [
          [0, { kind: 'vmxon', address: '0x1000' }],
          [0, { kind: 'vmptrld', address: '0x2000' }],
        ],
        // In VMX operation CR4.VMXE cannot be cleared.
        unless: 'CR4.VMXE',
        outcome: vmFail(15),
      },
      {
        fails: 'CR0.NE',
        after: [[2, { kind: 'set-sregs', cr0: '0x80010013' }]],
        outcome: GP,
      },
      { fails: 'address', operands: { address: '0x1008' }, outcome: vmFail(null) },
      { fails: 'revision', operands: { revision: 1 }, outcome: vmFail(null) },
    ],
  },
  {
    name: 'VMPTRLD',
    valid: { kind: 'vmptrld', address: '0x3000' },
    config: SHADOW,
    checks: [
      VMX_OFF,
      CPL,
      { fails: 'address', operands: { address: '0x3008' }, outcome: vmFail(9) },
      { fails: 'VMXON region', operands: { address: '0x1000' }, outcome: vmFail(10) },
      { fails: 'revision', operands: { revision: 1 }, outcome: vmFail(11) },
    ],
  },
  {
    name: 'VMCLEAR',
    valid: { kind: 'vmclear', address: '0x3000' },
    config: SHADOW,
    checks: [
      VMX_OFF,
      CPL,
      { fails: 'address', operands: { address: '0x3008' }, outcome: vmFail(2) },
      { fails: 'VMXON region', operands: { address: '0x1000' }, outcome: vmFail(3) },
    ],
  },
  {
    name: 'VMWRITE',
    valid: { kind: 'vmwrite', field: 'GUEST_CR3', value: '0x0' },
    config: SHADOW,
    checks: [
      VMX_OFF,
      CPL,
      NO_VMCS,
      { fails: 'component', operands: { field: '0x7ffe' }, outcome: vmFail(12) },
      { fails: 'exit information', operands: { field: '0x4402' }, outcome: vmFail(13) },
    ],
  },
  {
    name: 'VMLAUNCH',
    valid: { kind: 'vmlaunch' },
    config: SHADOW,
    checks: [
      VMX_OFF,
      CPL,
      NO_VMCS,
      {
        fails: 'clear VMCS',
        after: [
          [0, { kind: 'vmlaunch' }],
          [0, { kind: 'vmexit' }],
        ],
        outcome: vmFail(4),
      },
      CONTROLS,
      HOST_STATE,
      GUEST_STATE,
    ],
  },
];
