import { hex } from '../../../mmu/index.js';
import { EPT_LEAF, EPTP, EPTP_AD, OTHER_EPTP, X } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import { stored, vcpu } from './choice.js';
import { flush, load, type Story, to } from './story.js';

/** Stories of an L2, which L1 runs again after something was dropped. */
export const NESTED_STORIES = [
  ...[inL2, inL2ByTwoRoots, inL2ByTwoRoots, underNewVpid, betweenRuns, ofTwoRootsBetweenRuns],
  ...[dropsPending, onTwoEptps, violatedOnTwoEptps, byFunction],
] as const;

const RESUME: CommandInput = { kind: 'vmresume', vcpu };
const EXIT: CommandInput = { kind: 'vmexit', vcpu };
/** A page among the guest's tables that is none. */
const EPTP_LIST = 0x10f000;
/** L2 leaves by it, and to L1 it does nothing. */
const TO_L1: CommandInput = { kind: 'vmread', vcpu, field: 'GUEST_CR3' };

/** Secondary controls: INVPCID, with a VPID, with an EPT. */
const WITH_NEITHER = 0x1000;
const WITH_VPID = 0x1020;
const WITH_EPT = 0x1002;

/** L1 moves a page of L2's, which has a VPID and no EPT, and drops it. */
function inL2(chance: Chance, { near, read, move, gva }: Story): CommandInput[] {
  const drop = { kind: 'invvpid', vcpu, type: chance.below(4), vpid: 1, gva } as const;
  return [...inL1With({ near }), RESUME, read, EXIT, move, drop, RESUME, read];
}

/** Two address spaces of an L2, with a VPID or without, have one PCID, which it drops. */
function inL2ByTwoRoots(chance: Chance, story: Story): CommandInput[] {
  const { near, far, own, read } = story;
  const controls = chance.of([WITH_VPID, WITH_NEITHER]);
  const drops = chance.percent(50) ? [load(far + own)] : [to(far, own), ...flush(chance, story)];
  return [
    ...[...inL1With({ near: near + own, controls }), ofL2('GUEST_CR4', 0x220a0)],
    ...[RESUME, to(far, own), to(near, own), read, ...drops, read],
  ];
}

/** L1 moves a page of L2's, and gives L2 a VPID that it has hardly ever had. */
function underNewVpid(chance: Chance, { near, read, move }: Story): CommandInput[] {
  const vpid = 1 + chance.below(0xffff);
  return [
    ...[...inL1With({ near }), RESUME, read, EXIT, move],
    ...[ofL2('VIRTUAL_PROCESSOR_ID', vpid), RESUME, read],
  ];
}

/** L1 moves a page of an L2 without a VPID: each entry and each exit drop everything. */
function betweenRuns(chance: Chance, { near, read, move }: Story): CommandInput[] {
  const controls = chance.of([WITH_EPT, WITH_NEITHER]);
  return [...inL1With({ near, controls }), RESUME, read, EXIT, move, RESUME, read];
}

/** The same, of an address space that L2 had before it left, and comes back to. */
function ofTwoRootsBetweenRuns(chance: Chance, story: Story): CommandInput[] {
  const { near, far, own, other, read, move } = story;
  const controls = chance.of([WITH_EPT, WITH_NEITHER]);
  return [
    ...[...inL1With({ near: near + own, controls }), ofL2('GUEST_CR4', 0x220a0)],
    ...[RESUME, read, to(far, other), read, EXIT, move],
    ...[ofL2('GUEST_CR3', far + other), RESUME, to(near, own), read],
  ];
}

/** L2 drops everything by CR4, and leaves before it runs on. */
function dropsPending(chance: Chance, { near, read, move }: Story): CommandInput[] {
  const forEvent: CommandInput = { kind: 'vmexit', vcpu, synthesized: true };
  return [
    ...[...inL1With({ near }), ofL2('CR4_GUEST_HOST_MASK', 0x80), RESUME, read, move],
    ...[{ kind: 'mov-cr4', vcpu, value: '0x2020' } as const, chance.percent(50) ? forEvent : EXIT],
    ...[RESUME, read],
    ...[TO_L1, ofL2('CR4_GUEST_HOST_MASK', 0)],
  ];
}

/** L1 edits an EPT that it gives to L2 by two pointers, and drops it. */
function onTwoEptps(chance: Chance, { read, gva }: Story): CommandInput[] {
  const [first, second] = eptpsOf(chance);
  const edit = stored(EPT_LEAF, hex(chance.of([0x14337, 0x1a337, 0x10337])));
  const [type, eptp] = chance.of([
    [1, first],
    [1, second],
    [2, 0],
  ] as const);
  const drop: CommandInput = { kind: 'invept', vcpu, type, eptp: hex(eptp) };
  const other: CommandInput = { kind: 'read', vcpu, gva: hex(X), user: gva === hex(X) };
  return [
    ...[TO_L1, ofL2('EPT_POINTER', first), RESUME, read, other, EXIT],
    ...[ofL2('EPT_POINTER', second), RESUME, read, other, EXIT],
    ...[edit, drop, ofL2('EPT_POINTER', first), RESUME, read, other],
  ];
}

/** The same, where L2 runs into the change by one pointer, which drops the page for the other too. */
function violatedOnTwoEptps(chance: Chance): CommandInput[] {
  const [first, second] = eptpsOf(chance);
  const edit = stored(EPT_LEAF, hex(chance.of([0x14135, 0x1a135])));
  const read: CommandInput = { kind: 'read', vcpu, gva: hex(X) };
  const write: CommandInput = { kind: 'write', vcpu, gva: hex(X), value: '0xda00' };
  return [
    ...[TO_L1, ofL2('EPT_POINTER', first), RESUME, read, EXIT, edit],
    ...[ofL2('EPT_POINTER', second), RESUME, write, TO_L1],
    ...[ofL2('EPT_POINTER', first), RESUME, read],
  ];
}

function eptpsOf(chance: Chance): readonly [number, number] {
  return chance.percent(50) ? [EPTP, EPTP_AD] : [EPTP_AD, EPTP];
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

/** L1 runs, and L2 is to run on an address space of L1's: with a VPID and without an EPT, if not said. */
function inL1With({ near, controls = WITH_VPID }: { near: number; controls?: number }) {
  return [
    TO_L1,
    ofL2('SECONDARY_VM_EXEC_CONTROL', controls),
    ofL2('VIRTUAL_PROCESSOR_ID', 1),
    ofL2('GUEST_CR3', near),
  ];
}

function ofL2(field: L2Field, value: number): CommandInput {
  return { kind: 'vmwrite', vcpu, field, value: hex(value) };
}

type L2Field =
  | 'SECONDARY_VM_EXEC_CONTROL'
  | 'VM_FUNCTION_CONTROL'
  | 'EPTP_LIST_ADDRESS'
  | 'VIRTUAL_PROCESSOR_ID'
  | 'CR4_GUEST_HOST_MASK'
  | 'EPT_POINTER'
  | 'GUEST_CR3'
  | 'GUEST_CR4';
