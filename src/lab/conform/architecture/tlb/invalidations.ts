import { mustRun } from '../access/access-command.js';
import { stateOf } from '../machine.js';
import { hexOf, Unreadable } from '../reading.js';
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
  type Position,
  reset,
  type Scene,
} from './travel.js';

/**
 * Where an invalidation is made: by L1 that runs no L2, by an L2 without or with an EPT or with
 * neither VPID nor PCID of its own, or by L1 on behalf of its L2.
 */
export type Where = 'alone' | 'l2' | 'l2-ept' | 'l2-ept-without-vpid' | 'root';

/** One way to do what a case calls an invalidation. */
export interface Invalidation {
  readonly label: string;
  readonly where: Where;
  /** L1 has the instruction only where KVM runs it on an EPT. */
  readonly needsEpt?: boolean;
  /** Brings about what is to be changed; before the entry in memory is. */
  prepare?(scene: Scene): void;
  act(scene: Scene): void;
  /** Puts back what the way on needs. */
  restore?(scene: Scene): void;
}

/** VPID that a case means by `cur`. */
export function currentVpidOf(where: Where): 0 | 1 {
  return where === 'alone' ? 0 : 1;
}

export function positionFor(where: Where): Position {
  switch (where) {
    case 'alone':
    case 'root':
      return { guest: 'l1', vpid: 0, ept: 0, pcid: 0 };
    case 'l2':
      return { guest: 'l2', vpid: 1, ept: 0, pcid: 0 };
    case 'l2-ept':
      return { guest: 'l2', vpid: 1, ept: 1, pcid: 0 };
    case 'l2-ept-without-vpid':
      return { guest: 'l2', vpid: 0, ept: 1, pcid: 0 };
  }
}

type Way = Omit<Invalidation, 'label' | 'where'> & { readonly label?: string };
type Read = (found: readonly string[]) => readonly [readonly Where[], readonly Way[]];

const GUESTS: readonly Where[] = ['alone', 'l2', 'l2-ept'];
const ADDRESS = hexOf(TEST_PAGES.same.gva);

/** What a case may name. */
const RULES: readonly (readonly [RegExp, Read])[] = [
  [
    /^INVLPG addr=A(?: \(any mode\))?$/,
    () => [GUESTS, [command(() => ({ kind: 'invlpg', gva: ADDRESS }))]],
  ],
  [
    /^INVPCID type ([0-3])(?:, PCID=(cur|other))?(?:, addr=A)?$/,
    ([, type, pcid]) => [
      GUESTS,
      [command(() => ({ kind: 'invpcid', type: hex(type), pcid: pcidIn(pcid), gva: ADDRESS }))],
    ],
  ],
  [
    /^MOV CR3, PCIDE=1, bit63=([01])(?:, PCID=(cur|other))?$/,
    ([, keeps, pcid]) => [
      GUESTS,
      (pcid === undefined ? ['cur', 'other'] : [pcid]).map((which) =>
        loadCr3(which === 'cur' ? 0 : 1, keeps === '1'),
      ),
    ],
  ],
  [/^MOV CR4 toggling PGE$/, () => [GUESTS, [toggle('PGE', false), toggle('PGE', true)]]],
  [/^MOV CR4 PCIDE 1->0$/, () => [GUESTS, [toggle('PCIDE', false)]]],
  [/^MOV CR4 PCIDE 0->1$/, () => [GUESTS, [toggle('PCIDE', true)]]],
  [/^MOV CR4 SMEP 0->1$/, () => [GUESTS, [toggle('SMEP', true)]]],
  [
    /^MOV CR4 SMEP 1->0 or SMAP\/PKE change$/,
    () => [GUESTS, [toggle('SMEP', false), ...eitherWay('SMAP'), ...eitherWay('PKE')]],
  ],
  [
    /^MOV CR0 WP change; EFER\.NXE change$/,
    () => [GUESTS, [...eitherWay('WP'), ...eitherWay('NXE')]],
  ],
  // Without an EPT a VMX guest cannot run unpaged.
  [/^MOV CR0 PG 1->0$/, () => [['alone', 'l2-ept'], [LEAVE_PAGING]]],
  [
    /^INVVPID type ([0-3])(?:, VPID=(cur|other))?(?:, addr=A)?$/,
    ([, type, vpid]) => [
      ['root'],
      [
        command(() => ({
          kind: 'invvpid',
          type: hex(type),
          vpid: vpid === undefined ? '0x0' : vpid === 'cur' ? '0x1' : '0x2',
          gva: ADDRESS,
        })),
      ],
    ],
  ],
  [
    /^INVEPT type ([12])(?:, EPTP\[51:12\]=(cur|other))?$/,
    ([, type, eptp]) => [
      ['root'],
      [
        {
          needsEpt: true,
          ...command(({ layout }) => ({
            kind: 'invept',
            type: hex(type),
            eptp: hexOf(layout.eptps[eptp === 'other' ? 2 : 1]),
          })),
        },
      ],
    ],
  ],
  [
    /^VM entry or exit with VPID control 0$/,
    () => [['root', 'l2-ept-without-vpid'], [transition(0)]],
  ],
  [/^VM entry or exit with VPID control 1$/, () => [['root', 'l2', 'l2-ept'], [transition(1)]]],
  [/^VMXON \/ VMXOFF$/, () => [['alone', 'root'], [RESTART_VMX]]],
  [/^VMFUNC EPTP switch, VPID on$/, () => [['l2-ept'], [SWITCH_EPTP]]],
  [/^VMFUNC EPTP switch, VPID off$/, () => [['l2-ept-without-vpid'], [SWITCH_EPTP]]],
  [/^EPT violation at GPA of A$/, () => [['l2-ept'], [VIOLATE_EPT]]],
  [/^#PF at linear A$/, () => [GUESTS, [FAULT]]],
  [/^power-up \/ RESET$/, () => [['alone', 'root'], [{ act: reset }]]],
];

/**
 * Every way to do what a case names, wherever it can be done.
 *
 * @throws {Unreadable} If it is none of the known.
 */
export function invalidationsOf(by: string): readonly Invalidation[] {
  for (const [pattern, read] of RULES) {
    const found = pattern.exec(by);
    if (found === null) continue;
    const [places, ways] = read(found);
    return places.flatMap((where) =>
      ways.map((way) => ({ ...way, where, label: [where, way.label].filter(Boolean).join(', ') })),
    );
  }
  throw new Unreadable(`invalidation "${by}"`);
}

function hex(digit: string | undefined): string {
  return hexOf(Number(digit));
}

function pcidIn(which: string | undefined): string {
  return which === 'other' ? '0x1' : '0x0';
}

function command(make: (scene: Scene) => Parameters<typeof mustRun>[1]): Way {
  return { act: (scene) => mustRun(scene.machine, make(scene)) };
}

function loadCr3(pcid: Pcid, keeps: boolean): Way {
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

function toggle(bit: Bit, on: boolean): Way {
  return {
    label: `${bit} ${on ? '0->1' : '1->0'}`,
    prepare: (scene) => setBit(scene, bit, !on),
    act: (scene) => setBit(scene, bit, on),
    restore: (scene) => mustRun(scene.machine, { kind: 'mov-cr4', value: hexOf(CR4) }),
  };
}

function eitherWay(bit: Bit): readonly Way[] {
  return [toggle(bit, true), toggle(bit, false)];
}

/**
 * From compatibility mode, into which a far jump leads: no command does. Outside VMX operation,
 * or in an unrestricted guest, since it is not allowed elsewhere.
 */
const LEAVE_PAGING: Way = {
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
function transition(vpid: 0 | 1): Way {
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

const RESTART_VMX: Way = {
  act: ({ machine }) => {
    mustRun(machine, { kind: 'vmxoff' });
    beginVmx(machine);
  },
  restore: ({ machine }) => loadVmcs(machine),
};

const SWITCH_EPTP: Way = command(() => ({ kind: 'vmfunc', function: 0, index: 1 }));

/** The page is readable alone by the EPT. */
const VIOLATE_EPT: Way = {
  act: ({ machine }) => mustRun(machine, { kind: 'write', gva: ADDRESS, value: '0x1' }, 'vm-exit'),
};

/** The page is the supervisor's. */
const FAULT: Way = {
  act: ({ machine }) => mustRun(machine, { kind: 'read', gva: ADDRESS, user: true }, 'fault'),
};
