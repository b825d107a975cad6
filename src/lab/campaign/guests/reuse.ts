import { hex } from '../../../mmu/index.js';
import { A, B, EPT_LEAF, EPTP, EPTP_AD, OTHER_EPTP, X } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import { type Choice, stored, vcpu } from './choice.js';

/**
 * Stories in which the guest drops something and then comes back to where it was used: to a root that
 * KVM has kept, under a PCID, or in an L2. Commands chosen one by one seldom make up such a story.
 *
 * @param frames Frames that pages may get: guest-physical addresses.
 */
export function reuseOf(frames: readonly number[]): Choice {
  return (chance) => chance.of(STORIES)(chance, storyOf(chance, frames));
}

/** An address space with a page that moves, and another one. */
interface Story {
  readonly near: number;
  readonly far: number;
  readonly own: number;
  readonly other: number;
  readonly read: CommandInput;
  readonly gva: string;
  /** The page is there, and global. */
  readonly settle: CommandInput;
  /** The page gets another frame. */
  readonly move: CommandInput;
}

const WITH_PCIDE: CommandInput = { kind: 'mov-cr4', vcpu, value: '0x220a0' };
const WITHOUT_PCIDE: CommandInput = { kind: 'mov-cr4', vcpu, value: '0x20a0' };
const RESUME: CommandInput = { kind: 'vmresume', vcpu };
const EXIT: CommandInput = { kind: 'vmexit', vcpu };
/** Roots of another address space that push one to the end of KVM's `prev_roots`. */
const PREV_ROOTS = 3;
/** A page among the guest's tables that is none. */
const EPTP_LIST = 0x10f000;
/** L2 leaves by it, and to L1 it does nothing. */
const TO_L1: CommandInput = { kind: 'vmread', vcpu, field: 'GUEST_CR3' };

function storyOf(chance: Chance, frames: readonly number[]): Story {
  const [near, far] = chance.percent(50) ? [A, B] : [B, A];
  const own = 1 + chance.below(2);
  const nth = chance.below(3);
  const gva = hex(X + nth * 0x1000);
  const entry = hex(chance.of(frames) + chance.of([0x67, 0x67, 0x167]));
  return {
    ...{ near, far, own, other: 3 - own, gva },
    read: { kind: 'read', vcpu, gva, user: false },
    settle: stored(near + 0x3000 + nth * 8, '0x15167'),
    move: stored(near + 0x3000 + nth * 8, entry),
  };
}

const STORIES = [
  ...[fromAfar, fromAfar, fromAfar, byTwoRoots, overPcide, overPcide],
  ...[inLastSlot, inL2, inL2ByTwoRoots, underNewVpid, underNewVpid, onTwoEptps, byFunction],
] as const;

/** A page of one address space, which may be a global one, is moved and dropped from another one. */
function fromAfar(chance: Chance, story: Story): CommandInput[] {
  const { near, far, own, other, read, move, settle } = story;
  return [
    ...[load(near), WITH_PCIDE, ...(chance.percent(50) ? [settle] : [])],
    ...[to(near, own), read, to(far, other), move],
    ...flush(chance, story),
    ...[to(near, own), read],
  ];
}

/** Two address spaces have one PCID: what one has cached is used by the other. */
function byTwoRoots(chance: Chance, story: Story): CommandInput[] {
  const { near, far, own, other, read, move } = story;
  return [
    ...[load(near), WITH_PCIDE, to(far, own), to(near, other), to(near, own), read],
    ...[to(far, own), to(near, other), move],
    ...flush(chance, story),
    ...[to(far, own), read],
  ];
}

/** A page is moved and dropped from another address space, after KVM has come to keep it last. */
function inLastSlot(_chance: Chance, { near, far, own, read, move, gva }: Story): CommandInput[] {
  const others = Array.from({ length: PREV_ROOTS }, (_, i) => to(far, 3 + i));
  return [
    ...[load(near), WITH_PCIDE, to(near, own), read, ...others, move],
    ...[{ kind: 'invpcid', vcpu, type: 1, pcid: own, gva } as const, to(near, own), read],
  ];
}

/** A page is moved and dropped while PCIDE is clear, and used once it is set. */
function overPcide(_chance: Chance, { near, far, read, move }: Story): CommandInput[] {
  return [
    ...[load(near), WITHOUT_PCIDE, load(near), read, load(far), move, load(far)],
    ...[WITH_PCIDE, to(near, 0), read],
  ];
}

/** L1 moves a page of L2's, which has a VPID and no EPT, and drops it. */
function inL2(chance: Chance, { near, read, move, gva }: Story): CommandInput[] {
  const drop = { kind: 'invvpid', vcpu, type: chance.below(4), vpid: 1, gva } as const;
  return [...inL1With({ near, vpid: 1 }), RESUME, read, EXIT, move, drop, RESUME, read];
}

/** Two address spaces of an L2 have one PCID, which it drops by loading CR3. */
function inL2ByTwoRoots(_chance: Chance, { near, far, own, read }: Story): CommandInput[] {
  return [
    ...[...inL1With({ near, vpid: 1 }), ofL2('GUEST_CR4', 0x220a0), ofL2('GUEST_CR3', near + own)],
    ...[RESUME, to(far, own), to(near, own), read, load(far + own), read],
  ];
}

/** L1 moves a page of L2's, and gives L2 a VPID that it has hardly ever had. */
function underNewVpid(chance: Chance, { near, read, move }: Story): CommandInput[] {
  const vpid = 1 + chance.below(0xffff);
  return [
    ...[...inL1With({ near, vpid: 1 }), RESUME, read, EXIT, move],
    ...[ofL2('VIRTUAL_PROCESSOR_ID', vpid), RESUME, read],
  ];
}

/** L1 edits an EPT that it gives to L2 by two pointers, and drops it. */
function onTwoEptps(chance: Chance, { read, gva }: Story): CommandInput[] {
  const [first, second] = chance.percent(50) ? [EPTP, EPTP_AD] : [EPTP_AD, EPTP];
  const edit = stored(EPT_LEAF, hex(chance.of([0x14337, 0x1a337, 0x10337])));
  const drop = { kind: 'invept', vcpu, type: 1, eptp: hex(chance.of([first, second])) } as const;
  const other: CommandInput = { kind: 'read', vcpu, gva: hex(X), user: gva === hex(X) };
  return [
    ...[TO_L1, ofL2('EPT_POINTER', first), RESUME, read, other, EXIT],
    ...[ofL2('EPT_POINTER', second), RESUME, read, other, EXIT],
    ...[edit, drop, ofL2('EPT_POINTER', first), RESUME, read, other],
  ];
}

/** L2 goes over to another EPT by VMFUNC. */
function byFunction(chance: Chance): CommandInput[] {
  const [from, to] = chance.percent(50) ? [EPTP, OTHER_EPTP] : [OTHER_EPTP, EPTP];
  // The two differ in the frame of this page alone.
  const read: CommandInput = { kind: 'read', vcpu, gva: hex(X), user: false };
  return [
    ...[TO_L1, ofL2('SECONDARY_VM_EXEC_CONTROL', 0x3022), ofL2('VM_FUNCTION_CONTROL', 1)],
    ...[
      ofL2('EPTP_LIST_ADDRESS', EPTP_LIST),
      stored(EPTP_LIST, hex(to)),
      ofL2('EPT_POINTER', from),
    ],
    ...[RESUME, read, { kind: 'vmfunc', vcpu, index: 0 } as const, read, EXIT],
  ];
}

/** L1 runs, and L2 is to run on an address space of L1's, with a VPID and without an EPT. */
function inL1With({ near, vpid }: { near: number; vpid: number }): CommandInput[] {
  return [
    TO_L1,
    ofL2('SECONDARY_VM_EXEC_CONTROL', 0x1020),
    ofL2('VIRTUAL_PROCESSOR_ID', vpid),
    ofL2('GUEST_CR3', near),
  ];
}

/** The address, the PCID, or everything is dropped. */
function flush(chance: Chance, { own, gva }: Story): CommandInput[] {
  const type = chance.below(6);
  if (type < 4) return [{ kind: 'invpcid', vcpu, type, pcid: own, gva }];
  if (type === 4) return [{ kind: 'invlpg', vcpu, gva }];
  return [{ kind: 'mov-cr4', vcpu, value: '0x22020' }, WITH_PCIDE];
}

function load(root: number): CommandInput {
  return { kind: 'mov-cr3', vcpu, value: hex(root) };
}

/** MOV CR3 that drops nothing. */
function to(root: number, pcid: number): CommandInput {
  return { kind: 'mov-cr3', vcpu, value: `0x8000000000${(root + pcid).toString(16)}` };
}

function ofL2(field: L2Field, value: number): CommandInput {
  return { kind: 'vmwrite', vcpu, field, value: hex(value) };
}

type L2Field =
  | 'SECONDARY_VM_EXEC_CONTROL'
  | 'VM_FUNCTION_CONTROL'
  | 'EPTP_LIST_ADDRESS'
  | 'VIRTUAL_PROCESSOR_ID'
  | 'EPT_POINTER'
  | 'GUEST_CR3'
  | 'GUEST_CR4';
