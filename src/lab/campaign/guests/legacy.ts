import { gfnToGpa, hex } from '../../../mmu/index.js';
import { A, B, FRAME_A, MEMSLOTS, onGuest } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import type { Guest } from '../guest.js';
import {
  accessesTo,
  aroundWp,
  type Choice,
  chosenFrom,
  onEveryVcpu,
  uaccess,
  vcpu,
} from './choice.js';
import { hostActs, memslotActs, vmmActs } from './host.js';

/** The particulars of one way of paging without long mode. */
export interface Format {
  readonly mode: 'PAE' | '32-bit';
  readonly pages: readonly number[];
  /** CR4 and EFER as they may be; the first of each is what the guest begins with. */
  readonly cr4s: readonly [string, ...string[]];
  readonly efers: readonly [string, ...string[]];
  /** The first CR4, with SMAP. */
  readonly smap: string;
  /** The first CR4, with SMEP. */
  readonly smep: string;
  /** Changes of tables. */
  readonly edits: readonly Choice[];
}

/** Rights of a table; none of these leads to the window, so that the guest can mend them all. */
export const TABLE_FLAGS = [0x67, 0x67, 0x67, 0x65, 0x63, 0x47, 0x7, 0] as const;
/** Flags of an entry that maps 2 or 4 MiB. */
export const LARGE_FLAGS = [0xe7, 0xe7, 0xe5, 0x1e7, 0xa7, 0] as const;
const LEAF_FLAGS = [0x67, 0x67, 0x67, 0x65, 0x63, 0x167, 0x47, 0x27, 0x7, 0] as const;

const ROOTS = [A, B] as const;
const FRAMES = [gfnToGpa(FRAME_A), 0x11000, 0x14000, 0x1a000, 0x1b000] as const;
/** Data, and tables of the first space. */
const UNMAPPED = ['0x10000', '0x100000', '0x101000', '0x102000'] as const;

/** CR0 with paging and without. */
const PAGED = '0x80010033';
const UNPAGED = '0x10033';
/** Supervisors may write what is read-only. */
const PAGED_WITHOUT_WP = '0x80000033';

export function root(chance: Chance): number {
  return chance.of(ROOTS);
}

/** An entry for a page of 4 KiB. */
export function leaf(chance: Chance): number {
  return chance.of(FRAMES) + chance.of(LEAF_FLAGS);
}

/** A guest with two address spaces that it edits and switches between, and no VMX. */
export function legacyGuest(format: Format): Guest {
  const { pages, cr4s, smap, smep, efers, edits } = format;
  const vmm = vmmActs({ roots: ROOTS, pcids: [0], pages, frames: FRAMES, cr4s, efers });
  const movCr3: Choice = (chance) => ({ kind: 'mov-cr3', vcpu, value: hex(root(chance)) });
  const choices = [
    ...[...accessesTo(pages), ...accessesTo(pages), ...edits, ...edits],
    ...Array.from({ length: 6 }, () => movCr3),
    ...[...invalidationsOf(format), ...registersOf(format), unpaging(format)],
    ...[hostActs(UNMAPPED), hostActs(UNMAPPED), vmm],
    memslotActs([movCr3, movCr3, ...accessesTo(pages)]),
    aroundWp(pages, { with: PAGED, without: PAGED_WITHOUT_WP }),
    uaccess({
      ...{ pages, edits, withoutWp: PAGED_WITHOUT_WP },
      ...{ withSmap: smap, withSmep: smep, without: cr4s[0] },
    }),
  ];
  return {
    sceneryOf({ vcpus }) {
      // On two vCPUs the host has five levels of paging, and so have the tables that KVM makes.
      const levels = vcpus > 1 ? ({ maxphyaddr: 52, cpuid: { la57: true } } as const) : {};
      const { config, stage } = onGuest([], {
        ...{ mode: format.mode, config: { memory: { memslots: MEMSLOTS }, ...levels } },
      });
      return { config, stage: onEveryVcpu(stage, vcpus) };
    },
    commandsOf: ({ vcpus }, seed) => chosenFrom(choices, { seed, vcpus }),
  };
}

function invalidationsOf({ pages }: Format): readonly Choice[] {
  const invlpg: Choice = (chance) => ({ kind: 'invlpg', vcpu, gva: hex(chance.of(pages)) });
  return [invlpg, invlpg];
}

function registersOf({ cr4s, efers }: Format): readonly Choice[] {
  return [
    (chance) => ({ kind: 'mov-cr0', vcpu, value: chance.of([PAGED, PAGED_WITHOUT_WP]) }),
    (chance) => ({ kind: 'mov-cr4', vcpu, value: chance.of(cr4s) }),
    (chance) => ({ kind: 'wrmsr-efer', vcpu, value: chance.of(efers) }),
  ];
}

/** Paging goes off, by the guest or by an INIT, and on again. */
function unpaging({ cr4s, efers }: Format): Choice {
  return (chance) => {
    const off = [{ kind: 'init', vcpu }, movCr0(UNPAGED)] as const;
    const on: readonly CommandInput[] = [
      { kind: 'mov-cr4', vcpu, value: cr4s[0] },
      { kind: 'wrmsr-efer', vcpu, value: efers[0] },
      { kind: 'mov-cr3', vcpu, value: hex(root(chance)) },
      movCr0(PAGED),
    ];
    const gva = hex(chance.of(FRAMES));
    const meanwhile = [
      { kind: 'read', vcpu, gva },
      { kind: 'invpcid', vcpu, type: 0, pcid: 0, gva },
    ] as const;
    return [chance.of(off), chance.of(meanwhile), ...on];
  };
}

function movCr0(value: string): CommandInput {
  return { kind: 'mov-cr0', vcpu, value };
}
