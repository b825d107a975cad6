import { hex } from '../../../mmu/index.js';
import { X } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import { another, type Choice, stored, vcpu } from './choice.js';
import { NESTED_STORIES } from './reuse-nested.js';
import { flush, load, type Story, storyOf, to, WITH_PCIDE, WITHOUT_PCIDE } from './story.js';

/**
 * Stories in which the guest drops something and then comes back to where it was used: to a root that
 * KVM has kept, under a PCID, or in an L2. Commands chosen one by one seldom make up such a story.
 *
 * @param frames Frames that pages may get: guest-physical addresses.
 */
export function reuseOf(frames: readonly number[]): Choice {
  return (chance) => chance.of(STORIES)(chance, storyOf(chance, frames));
}

/** Roots of another address space that push one to the end of KVM's `prev_roots`. */
const PREV_ROOTS = 3;
/** Stores to a table after which KVM shadows it no longer. */
const FLOOD = 3;

const STORIES = [
  ...[fromAfar, fromAfar, fromAfar, byTwoRoots, alike, alike, overPcide, overPcide],
  ...[inLastSlot, flooded, linked],
  ...NESTED_STORIES,
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

/** The same, where nothing moves: the page of the one is dropped in the other, and used there. */
function alike(chance: Chance, story: Story): CommandInput[] {
  const { near, far, own, read } = story;
  const switches = [to(far, own), to(near, own), read, to(far, own)];
  return [load(near), WITH_PCIDE, ...switches, ...flush(chance, story), read];
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

/** The root in use is written to again and again, so that KVM gives it up, and not the ones before. */
function flooded(_chance: Chance, { near, far, own, other, read }: Story): CommandInput[] {
  const unused = near + 300 * 8;
  const stores = Array.from({ length: FLOOD }, (_, i) => stored(unused, hex(0x1000 * i)));
  return [
    ...[load(near), WITH_PCIDE, to(far, other), read, to(near, own), read],
    ...[...stores, read, to(far, other), read],
  ];
}

/** One vCPU links tables that another has edited, below a root that both are on. */
function linked(_chance: Chance, { near, far, read, gva }: Story): CommandInput[] {
  const nth = (Number(gva) - X) / 0x1000;
  const edit = stored(far + 0x3000 + nth * 8, '0x1a067');
  const onAnother = (command: CommandInput): CommandInput => ({ ...command, vcpu: another });
  return [
    ...[onAnother(load(near)), load(far), read, load(near), onAnother(edit)],
    ...[onAnother({ kind: 'invlpg', vcpu, gva }), stored(near, hex(far + 0x1067))],
    ...[stored(near + 0x1028, '0x0'), onAnother(read), stored(near, hex(near + 0x1067))],
  ];
}
