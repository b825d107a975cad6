import { mustRun } from '../access/access-command.js';
import { stateOf } from '../machine.js';
import { hexOf } from '../reading.js';
import { bitMask, withBits } from '../register-bits.js';
import { type Pcid, TEST_PAGES } from './layout.js';
import {
  beginVmx,
  CR4,
  describeL2,
  enterL2Command,
  isInL2,
  leaveL2,
  loadVmcs,
  type Scene,
} from './travel.js';

/** How something is done that may invalidate, wherever it is done. */
export interface Way {
  readonly label?: string;
  /** L1 has the instruction only where KVM runs it on an EPT. */
  readonly needsEpt?: boolean;
  /** Brings about what is to be changed; before the entry in memory is. */
  prepare?(scene: Scene): void;
  act(scene: Scene): void;
  /** Puts back what the way on needs. */
  restore?(scene: Scene): void;
}

/** The address A of a case. */
export const ADDRESS = hexOf(TEST_PAGES.same.gva);

/** One command does it. */
export function command(make: (scene: Scene) => Parameters<typeof mustRun>[1]): Way {
  return { act: (scene) => mustRun(scene.machine, make(scene)) };
}

/** A load of CR3 by whoever runs, of the space of a PCID. */
export function loadCr3(pcid: Pcid, keeps: boolean): Way {
  return {
    label: `PCID ${pcid}`,
    act: ({ machine, layout }) => {
      const root = layout.rootOf(isInL2(machine) ? 'l2' : 'l1', pcid);
      const value = root | BigInt(pcid) | (keeps ? 1n << 63n : 0n);
      mustRun(machine, { kind: 'mov-cr3', value: hexOf(value) });
    },
  };
}

const REGISTERS = {
  PGE: 'cr4',
  PCIDE: 'cr4',
  SMEP: 'cr4',
  SMAP: 'cr4',
  PKE: 'cr4',
  WP: 'cr0',
  PG: 'cr0',
  NXE: 'efer',
} as const;
const LOADS = { cr0: 'mov-cr0', cr4: 'mov-cr4', efer: 'wrmsr-efer' } as const;

type Bit = keyof typeof REGISTERS;

function setBit({ machine }: Scene, bit: Bit, on: boolean): void {
  const register = REGISTERS[bit];
  const before = BigInt(stateOf(machine)[register]);
  const value = withBits(before, bitMask(register, bit), on);
  if (value === before) return;
  mustRun(machine, { kind: LOADS[register], value: hexOf(value) });
}

export function toggle(bit: Bit, on: boolean): Way {
  return {
    label: `${bit} ${on ? '0->1' : '1->0'}`,
    prepare: (scene) => setBit(scene, bit, !on),
    act: (scene) => setBit(scene, bit, on),
    restore: (scene) => mustRun(scene.machine, { kind: 'mov-cr4', value: hexOf(CR4) }),
  };
}

export function eitherWay(bit: Bit): readonly Way[] {
  return [toggle(bit, true), toggle(bit, false)];
}

/**
 * From compatibility mode, into which a far jump leads: no command does. Outside VMX operation,
 * or in an unrestricted guest, since it is not allowed elsewhere.
 */
export const LEAVE_PAGING: Way = {
  prepare: (scene) => {
    const { machine } = scene;
    if (!isInL2(machine)) mustRun(machine, { kind: 'vmxoff' });
    setBit(scene, 'PCIDE', false);
    machine.vcpu.regs.csL = false;
  },
  act: (scene) => setBit(scene, 'PG', false),
  restore: (scene) => {
    const { machine } = scene;
    setBit(scene, 'PG', true);
    machine.vcpu.regs.csL = true;
    mustRun(machine, { kind: 'mov-cr4', value: hexOf(CR4) });
    if (!isInL2(machine)) resumeVmx(scene);
  },
};

function resumeVmx({ machine }: Scene): void {
  beginVmx(machine);
  loadVmcs(machine);
}

/** The entry, from L1; the exit, from L2. */
export function transition(vpid: 0 | 1): Way {
  return {
    prepare: ({ machine, layout, paging }) => {
      if (isInL2(machine)) return;
      const ept = paging === 'ept' ? 1 : 0;
      describeL2(machine, layout, { guest: 'l2', vpid, ept, pcid: 0 });
    },
    act: ({ machine }) => {
      if (isInL2(machine)) leaveL2(machine);
      else mustRun(machine, enterL2Command(machine));
    },
  };
}

export const RESTART_VMX: Way = {
  act: ({ machine }) => {
    mustRun(machine, { kind: 'vmxoff' });
    beginVmx(machine);
  },
  restore: ({ machine }) => loadVmcs(machine),
};

export const SWITCH_EPTP: Way = command(() => ({ kind: 'vmfunc', function: 0, index: 1 }));

/** The page is readable alone by the EPT. */
export const VIOLATE_EPT: Way = {
  act: ({ machine }) => mustRun(machine, { kind: 'write', gva: ADDRESS, value: '0x1' }, 'vm-exit'),
};

/** The page is the supervisor's. */
export const FAULT: Way = {
  act: ({ machine }) => mustRun(machine, { kind: 'read', gva: ADDRESS, user: true }, 'fault'),
};
