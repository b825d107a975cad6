import type { ToggledBit, Way } from '../../attempt/cell.js';
import { hexOf } from '../../attempt/hex.js';
import type { MachineCommand } from '../../attempt/machine-step.js';
import { bitMask, withBits } from '../../attempt/register-bits.js';
import { stateOf } from '../machine.js';
import { mustRun } from '../perform.js';
import { type Pcid, TEST_PAGES } from './layout.js';
import {
  beginVmx,
  CR4,
  describeL2,
  enterL2Command,
  isInL2,
  leaveL2,
  loadVmcs,
  reset,
  type TwoGuests,
} from './two-guests.js';

/** An invalidation as it is carried out. */
interface Invalidating {
  /** Brings about what is to be changed; before the entry in memory is. */
  prepare?(guests: TwoGuests): void;
  act(guests: TwoGuests): void;
  /** Puts back what the way on needs. */
  restore?(guests: TwoGuests): void;
}

/** The address under test. */
const ADDRESS = hexOf(TEST_PAGES.same.gva);

/** Finds how a way of invalidating is carried out, by whoever runs. */
export function actionFor(way: Way): Invalidating {
  switch (way.kind) {
    case 'invlpg':
      return command(() => ({ kind: 'invlpg', gva: ADDRESS }));
    case 'invpcid':
      return command(() => ({
        ...{ kind: 'invpcid', type: hexOf(way.type), pcid: hexOf(way.pcid), gva: ADDRESS },
      }));
    case 'invvpid':
      return command(() => ({
        ...{ kind: 'invvpid', type: hexOf(way.type), vpid: hexOf(way.vpid), gva: ADDRESS },
      }));
    case 'invept':
      return command(({ layout }) => ({
        ...{ kind: 'invept', type: hexOf(way.type), eptp: hexOf(layout.eptps[way.eptp]) },
      }));
    case 'load-cr3':
      return loadCr3(way.pcid, way.keeps);
    case 'toggle':
      return toggle(way.bit, way.on);
    case 'leave-paging':
      return LEAVE_PAGING;
    case 'transition':
      return transition(way.vpid);
    case 'restart-vmx':
      return RESTART_VMX;
    case 'switch-eptp':
      return command(() => ({ kind: 'vmfunc', function: 0, index: 1 }));
    case 'reset':
      return { act: reset };
    case 'violate-ept':
      return VIOLATE_EPT;
    case 'page-fault':
      return FAULT;
  }
}

/** An invalidation by a single command. */
function command(make: (guests: TwoGuests) => MachineCommand): Invalidating {
  return { act: (guests) => mustRun(guests.machine, make(guests)) };
}

/** A load of CR3 by whoever runs, of the space of a PCID. */
function loadCr3(pcid: Pcid, keeps: boolean): Invalidating {
  return {
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

function setBit({ machine }: TwoGuests, bit: Bit, on: boolean): void {
  const register = REGISTERS[bit];
  const before = BigInt(stateOf(machine)[register]);
  const value = withBits(before, bitMask(register, bit), on);
  if (value === before) return;
  mustRun(machine, { kind: LOADS[register], value: hexOf(value) });
}

function toggle(bit: ToggledBit, on: boolean): Invalidating {
  return {
    prepare: (guests) => setBit(guests, bit, !on),
    act: (guests) => setBit(guests, bit, on),
    restore: (guests) => mustRun(guests.machine, { kind: 'mov-cr4', value: hexOf(CR4) }),
  };
}

/**
 * From compatibility mode, into which a far jump leads: no command does. Outside VMX operation,
 * or in an unrestricted guest, since it is not allowed elsewhere.
 */
const LEAVE_PAGING: Invalidating = {
  prepare: (guests) => {
    const { machine } = guests;
    if (!isInL2(machine)) mustRun(machine, { kind: 'vmxoff' });
    setBit(guests, 'PCIDE', false);
    machine.vcpu.regs.csL = false;
  },
  act: (guests) => setBit(guests, 'PG', false),
  restore: (guests) => {
    const { machine } = guests;
    setBit(guests, 'PG', true);
    machine.vcpu.regs.csL = true;
    mustRun(machine, { kind: 'mov-cr4', value: hexOf(CR4) });
    if (!isInL2(machine)) resumeVmx(guests);
  },
};

function resumeVmx({ machine }: TwoGuests): void {
  beginVmx(machine);
  loadVmcs(machine);
}

/** The entry, from L1; the exit, from L2. */
function transition(vpid: 0 | 1): Invalidating {
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

const RESTART_VMX: Invalidating = {
  act: ({ machine }) => {
    mustRun(machine, { kind: 'vmxoff' });
    beginVmx(machine);
  },
  restore: ({ machine }) => loadVmcs(machine),
};

/** The page is readable alone by the EPT. */
const VIOLATE_EPT: Invalidating = {
  act: ({ machine }) => mustRun(machine, { kind: 'write', gva: ADDRESS, value: '0x1' }, 'vm-exit'),
};

/** The page is the supervisor's. */
const FAULT: Invalidating = {
  act: ({ machine }) => mustRun(machine, { kind: 'read', gva: ADDRESS, user: true }, 'fault'),
};
