import { gfnToGpa, hex, PAGE_SIZE } from '../../../mmu/index.js';
import { A, B, FRAME_A, MEMSLOTS, mapped, onGuest, X } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import type { Guest } from '../guest.js';
import {
  accessesTo,
  another,
  type Choice,
  chosenFrom,
  onEveryVcpu,
  stored,
  vcpu,
} from './choice.js';
import { hostActs } from './host.js';

/**
 * A guest under 4-level paging that has its hypervisor flush other vCPUs, as a guest of Hyper-V does
 * or one of KVM, and that has more tables below one root than a sync takes at once.
 */
export const enlightened: Guest = {
  sceneryOf({ vcpus }) {
    const { config, stage } = onGuest([], {
      config: { memory: { memslots: MEMSLOTS }, cpuid: { hyperv: true } },
      also: [
        ...MANY.map((address, i) => mapped(address, FRAMES[0], tableOf(i))),
        { ...mapped(MANY_SEEN, tableOf(0), 0x10a000), pages: MANY.length } as CommandInput,
      ],
    });
    return { config, stage: onEveryVcpu(stage, vcpus) };
  },
  commandsOf: ({ vcpus }, seed) => chosenFrom(CHOICES, { seed, vcpus }),
};

const ROOTS = [A, B] as const;
/** Pages by their entries in a table, of which the last one is the table's own last. */
const ENTRIES = [0, 1, 2, 511] as const;
const PAGES = ENTRIES.map((entry) => X + entry * PAGE_SIZE);
const FRAMES = [gfnToGpa(FRAME_A), 0x11000, 0x14000, 0x1a000, 0x1b000] as const;

/** Addresses below the first root, each with a table of its own, as many as no batch of a sync holds. */
const MANY = Array.from({ length: 20 }, (_, i) => 0x1000000 + i * 0x200000);
/** Linear address at which the guest sees those tables. */
const MANY_SEEN = 0xa00000;
const tableOf = (nth: number) => 0x140000 + nth * PAGE_SIZE;

const edit: Choice = (chance) => {
  const at = chance.of(ROOTS) + 0x3000 + chance.of(ENTRIES) * 8;
  return stored(at, hex(chance.of(FRAMES) + 0x67));
};
const movCr3: Choice = (chance) => ({ kind: 'mov-cr3', vcpu, value: hex(chance.of(ROOTS)) });
const invlpg: Choice = (chance) => ({ kind: 'invlpg', vcpu, gva: hex(chance.of(PAGES)) });
const preempt: Choice = () => ({ kind: 'preempt', vcpu });

/** A page that one vCPU uses is moved by another, which has it flushed there. */
const flushedByAnother: Choice = (chance) => {
  const root = chance.of(ROOTS);
  const nth = chance.below(3);
  const gva = X + nth * PAGE_SIZE;
  const read: CommandInput = { kind: 'read', vcpu, gva: hex(gva) };
  const move = stored(root + 0x3000 + nth * 8, hex(chance.of(FRAMES) + 0x67));
  return [
    ...[{ kind: 'mov-cr3', vcpu, value: hex(root) } as const, read],
    ...(chance.percent(50) ? byHypercall(chance, move, gva) : bySteal(chance, move)),
    read,
  ];
};

/** A hypercall flushes all, the page, or pages that follow one another and end with it. */
function byHypercall(chance: Chance, move: CommandInput, gva: number): CommandInput[] {
  const before = chance.below(1 + (gva - X) / PAGE_SIZE);
  const run = hex(gva - before * PAGE_SIZE + before);
  const elsewhere = Array.from({ length: QUEUED }, (_, i) => hex(0x700000 + i * PAGE_SIZE));
  const notCanonical = '0xaaaaaaaaaa000';
  const list = (gvas: string[]): CommandInput => {
    return { kind: 'hv-flush', vcpu: another, call: 'HvCallFlushVirtualAddressList', gvas };
  };
  const all: CommandInput = {
    ...{ kind: 'hv-flush', vcpu: another },
    ...{ call: 'HvCallFlushVirtualAddressSpace' },
  };
  const flushes = [
    [all],
    [list([run])],
    [list([notCanonical, run])],
    [list(elsewhere), list([run])],
  ];
  return [{ ...move, vcpu: another }, ...chance.of(flushes)];
}

/** Entries of a list that fill KVM's queue of a vCPU. @see Linux `KVM_HV_TLB_FLUSH_FIFO_SIZE` */
const QUEUED = 15;

/** A vCPU that does not run is left a word for when it does, and may not run for long. */
function bySteal(chance: Chance, move: CommandInput): CommandInput[] {
  const again: CommandInput[] = chance.percent(50) ? [{ kind: 'preempt', vcpu }] : [];
  const flush: CommandInput = { kind: 'pv-flush', vcpu: another, vcpus: [vcpu] };
  return [{ kind: 'preempt', vcpu }, { ...move, vcpu: another }, flush, ...again];
}

/** Many tables are used and edited, and then dropped at once: one time in four, since it is long. */
const edited: Choice = (chance) => {
  if (!chance.percent(25)) return [];
  const reads = MANY.map((gva): CommandInput => ({ kind: 'read', vcpu, gva: hex(gva) }));
  const entry = hex(chance.of(FRAMES) + 0x67);
  const edits = MANY.map((_, i): CommandInput => {
    return { kind: 'write', vcpu, gva: hex(MANY_SEEN + i * PAGE_SIZE), value: entry };
  });
  const load: CommandInput = { kind: 'mov-cr3', vcpu, value: hex(A) };
  return [load, ...reads, ...edits, load, ...reads];
};

const CHOICES: readonly Choice[] = [
  ...accessesTo([...PAGES, ...MANY.slice(0, 3)]),
  ...[edit, edit, edit, movCr3, movCr3, invlpg, preempt],
  ...[flushedByAnother, flushedByAnother, flushedByAnother, edited],
  hostActs(['0x10000', '0x100000', '0x103000', '0x110000', '0x140000']),
];
