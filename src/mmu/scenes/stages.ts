import { gfnToGpa, hex, PAGE_SIZE } from '../machine/index.js';
import type { CommandInput, VmConfigInput } from '../schema/index.js';
import type { Act, Scene } from './scene.js';

/** Modes of paging of a guest. */
export type Mode = '4-level' | 'PAE' | '32-bit' | 'none';

const REGISTERS: Record<Mode, NonNullable<VmConfigInput['registers']>> = {
  '4-level': { cr0: '0x80010033', cr3: '0x100000', cr4: '0xa0', efer: '0xd00' },
  PAE: { cr0: '0x80010033', cr3: '0x100000', cr4: '0x20', efer: '0x800' },
  '32-bit': { cr0: '0x80010033', cr3: '0x100000', cr4: '0x10', efer: '0x0' },
  none: { cr0: '0x10011', cr3: '0x0', cr4: '0x0', efer: '0x0' },
};

/** Two address spaces: each has its root there, and its other tables in the frames behind it. */
export const A = 0x100000;
export const B = 0x110000;

/** Tables of the first address space under 4-level paging; those of the second lie as far on. */
export const PML4 = A;
export const PDPT = A + 0x1000;
export const PD = A + 0x2000;
export const PT = A + 0x3000;

/** Memory in three memslots: in the second lie the tables of the second address space, and the EPT. */
export const SECOND_MEMSLOT = { gpa: hex(B), bytes: 0x10000 } as const;
const BEHIND = B + SECOND_MEMSLOT.bytes;
export const MEMSLOTS = [
  { gpa: '0x0', bytes: B },
  SECOND_MEMSLOT,
  { gpa: hex(BEHIND), bytes: 2 ** 32 - BEHIND },
];

/** Four pages of data: frames 0x10 to 0x13 in the first address space, 0x14 to 0x17 in the second. */
export const X = 0x400000;
export const FRAME_A = 0x10;
export const FRAME_B = 0x14;
/** A frame that holds its own number and that nothing maps. */
export const SPARE = 0x1a;
export const OTHER = 0x1b;
/** Address of the guest's large page, where it has one, and the entry that maps it. */
export const LARGE = 0x600000;
export const LARGE_PDE = PD + 3 * 8;

/** Linear address at which the guest sees the tables of both. */
export const WINDOW = 0x800000;
export const WINDOW_GPA = A;
const WINDOW_PAGES = 32;

/** Present, writable, the user's, accessed and dirty. */
export const PTE = 0x67;
/** The same, but read-only. */
export const READ_ONLY = 0x65;
/** The same as the first, and global. */
export const GLOBAL_PTE = 0x167;

/** An entry that leads to a frame. */
export const pte = (frame: number, flags = PTE): number => frame * PAGE_SIZE + flags;

/** An EPT of L1 that maps what lies below 2 MiB to itself; L2's tables are there. */
export const EPT = 0x11a000;
const EPT_TABLES = 0x11b000;
/** Address of the EPT's entry for the first page of data. */
export const EPT_LEAF = 0x11d000 + FRAME_A * 8;
export const EPTP = EPT + 0x1e;
/** The same with A and D enabled. */
export const EPTP_AD = EPT + 0x5e;

/** Another EPT like it, in which the first page of data is another frame. */
export const OTHER_EPTP = 0x13001e;

/** An EPT entry that allows everything, with A and D set. */
export const EPT_ALL = 0x337;
/** A leaf that is readable and executable, with A set. */
export const EPT_READ_ONLY = 0x135;

/** Secondary controls: "enable EPT", "enable VPID", both, and "enable VM functions" besides. */
export const ENABLE_EPT = 0x2;
export const ENABLE_VPID = 0x20;
export const EPT_AND_VPID = 0x22;
export const EPT_VPID_VMFUNC = 0x2022;

/** The setting of a scene, as far as it differs from the usual. */
export interface Setting {
  readonly config?: VmConfigInput;
  readonly mode?: Mode;
  /** Commands at the end of the stage. */
  readonly also?: readonly CommandInput[];
}

/** A guest with two address spaces, which has not run yet. */
export function onGuest(acts: readonly Act[], setting: Setting = {}): Scene {
  const { config, stage } = guestOf(setting);
  return { config, stage: [...stage, ...(setting.also ?? [])], acts };
}

/** An L1 with a VMCS, whose L2 runs on the first address space and under VPID 1. */
export function onHypervisor(
  acts: readonly Act[],
  { controls = EPT_AND_VPID, ...setting }: Setting & { controls?: number } = {},
): Scene {
  const { config, stage } = guestOf({
    ...setting,
    config: { paging: 'ept', ...setting.config },
  });
  const vcpu = 0;
  const ept = { kind: 'map', vcpu, format: 'ept', pages: 288, address: '0x0', gpa: '0x0' } as const;
  const begin: CommandInput[] = [
    { ...ept, root: hex(EPTP), tables: hex(EPT_TABLES) },
    { ...ept, root: hex(OTHER_EPTP), tables: '0x131000' },
    {
      ...ept,
      root: hex(OTHER_EPTP),
      address: hex(gfnToGpa(FRAME_A)),
      gpa: hex(gfnToGpa(OTHER)),
      pages: 1,
      tables: '0x13f000',
    },
    { kind: 'mov-cr4', vcpu, value: '0x20a0' },
    { kind: 'vmxon', vcpu, address: '0x1000' },
    { kind: 'vmptrld', vcpu, address: '0x2000' },
    { kind: 'vmwrite', vcpu, field: 'SECONDARY_VM_EXEC_CONTROL', value: hex(controls) },
    { kind: 'vmwrite', vcpu, field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' },
    { kind: 'vmwrite', vcpu, field: 'EPT_POINTER', value: hex(EPTP) },
  ];
  return { config, stage: [...stage, ...begin, ...(setting.also ?? [])], acts };
}

function guestOf({ config = {}, mode = '4-level' }: Setting): Pick<Scene, 'config' | 'stage'> {
  const frames = { gpa: '0x10000', count: 16, stride: 4096, first: '0x10', step: '0x1' };
  const whole: VmConfigInput = {
    ...config,
    memory: { fills: [frames], ...config.memory },
    registers: { ...REGISTERS[mode], ...config.registers },
  };
  if (mode === 'none') return { config: whole, stage: [] };
  const stage = [...spaceOf(A, FRAME_A), ...spaceOf(B, FRAME_B)];
  // PDPTEs are loaded with CR3, and were not there when the VM began; MOV CR3 is what is judged.
  if (mode === 'PAE') {
    stage.push({ kind: 'set-sregs', vcpu: 0 }, { kind: 'mov-cr3', vcpu: 0, value: hex(A) });
  }
  return { config: whole, stage };
}

function spaceOf(root: number, frame: number): CommandInput[] {
  const space = { kind: 'map', vcpu: 0, root: hex(root) } as const;
  return [
    { ...space, address: hex(X), gpa: hex(gfnToGpa(frame)), pages: 4, tables: hex(root + 0x1000) },
    {
      ...space,
      address: hex(WINDOW),
      gpa: hex(WINDOW_GPA),
      pages: WINDOW_PAGES,
      tables: hex(root + 0x8000),
    },
  ];
}
