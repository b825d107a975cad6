import { gfnToGpa, hex } from '../../../mmu/index.js';
import {
  A,
  B,
  ENABLE_VPID,
  EPT,
  EPT_AND_VPID,
  EPT_LEAF,
  EPTP,
  EPTP_AD,
  FRAME_A,
  LARGE,
  MEMSLOTS,
  OTHER_EPTP,
  onHypervisor,
  X,
} from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import type { Guest } from '../guest.js';
import {
  accessesTo,
  type Choice,
  chosenFrom,
  entryText,
  NO_MEMORY,
  onEveryVcpu,
  stored,
  uaccess,
  vcpu,
} from './choice.js';
import { hostActs, memslotActs, vmmActs } from './host.js';
import { reuseOf } from './reuse.js';

/** An L1 under 4-level paging, and its L2. */
export const hypervisor: Guest = {
  sceneryOf({ paging, vcpus }) {
    const controls = paging === 'ept' ? EPT_AND_VPID : ENABLE_VPID;
    const { config, stage } = onHypervisor([], {
      ...{ controls, config: { memory: { memslots: MEMSLOTS } } },
    });
    return { config, stage: onEveryVcpu(stage, vcpus) };
  },
  commandsOf: ({ vcpus }, seed) => chosenFrom(CHOICES, { seed, vcpus }),
};

const ROOTS = [A, B] as const;
/** Pages of data that tables of level 1 map, and some in a large page. */
const OWN_PAGES = [X, X, X + 0x1000, X + 0x2000, LARGE + gfnToGpa(FRAME_A), LARGE + 0x11000];
/** The same tables once more, by other entries above them, which may have other rights. */
const ALIASES = [0x200000, 2 ** 30 + X, 2 ** 30 + 0x200000];
const PAGES = [...OWN_PAGES, ...OWN_PAGES, ...ALIASES];
const FRAMES = [gfnToGpa(FRAME_A), 0x11000, 0x14000, 0x1a000, 0x1b000];
/** Rights of a page, A and D: most often all of them. */
const LEAF_FLAGS = [0x67, 0x67, 0x67, 0x65, 0x63, 0x167, 0x47, 0x27, 0x7, 0];
/** Flags of entries. A table's always allow writing, or the guest could not repair its tables. */
const TABLE_FLAGS = [0x67, 0x67, 0x67, 0x63, 0x47, 0x27, 0x7];
const EPT_FLAGS = [0x337, 0x337, 0x137, 0x37, 0x335, 0];
const EPTPS = [EPTP, EPTP, EPTP_AD, OTHER_EPTP];
/** CR4 with VMXE: with PGE and without, with PCIDE, with SMEP, with SMAP. */
const CR4S = ['0x20a0', '0x220a0', '0x220a0', '0x22020', '0x1220a0', '0x2220a0'];
/** Secondary controls: EPT, VPID, INVPCID. */
const CONTROLS = ['0x1000', '0x1002', '0x1020', '0x1022', '0x1022'];
/** With NX and without; entries have bit 63 now and then. */
const EFERS = ['0xd00', '0xd00', '0x500'];

const page = (chance: Chance): string => hex(chance.of(PAGES));
const pcid = (chance: Chance): number => chance.below(3);

/** The guest edits a table of level 1, one above, or the entry of a large page. */
const edit: Choice = (chance) => {
  const at = chance.of(ROOTS) + 0x3000 + chance.of([0, 0, 8, 16]);
  const frame = chance.percent(5) ? NO_MEMORY : chance.of(FRAMES);
  const entry = frame + chance.of(LEAF_FLAGS);
  return stored(at, entryText(entry, { nx: chance.percent(8) }));
};
const editTable: Choice = (chance) => {
  const [place, table] = chance.of(TABLES);
  return stored(chance.of(ROOTS) + place, hex(chance.of(ROOTS) + table + chance.of(TABLE_FLAGS)));
};
/** Offset of an entry from its root, and offset of the table that it leads to. */
const TABLES = [
  [0x2010, 0x3000],
  [0x2010, 0x3000],
  [0x1000, 0x2000],
  [0x0, 0x1000],
] as const;
/** Entries by which tables are seen once more: these may forbid what the first ones allow. */
const editAlias: Choice = (chance) => {
  const [place, table] = chance.of([
    [0x1008, 0x2000],
    [0x2008, 0x3000],
  ] as const);
  const entry = chance.of(ROOTS) + table + chance.of([0x67, 0x65, 0x63, 0x61, 0x65, 0]);
  return stored(chance.of(ROOTS) + place, hex(entry));
};
/** A page that is seen by tables of some rights is used by those of others. */
const useAliases: Choice = (chance) => {
  const root = chance.of(ROOTS);
  const flags = () => chance.of([0x67, 0x65, 0x65, 0x63]);
  const user = chance.percent(75);
  const read = (gva: number): CommandInput => ({ kind: 'read', vcpu, gva: hex(gva), user });
  const write = (gva: number): CommandInput => {
    return { kind: 'write', vcpu, gva: hex(gva), user, value: '0xda00' };
  };
  return [
    stored(root + 0x1008, hex(root + 0x2000 + flags())),
    stored(root + 0x2008, hex(root + 0x3000 + flags())),
    ...[read(0x200000), write(X), read(2 ** 30 + 0x200000), write(2 ** 30 + X)],
  ];
};
const editLarge: Choice = (chance) => {
  const entries = [0xe7, 0xe5, 0x2000e7, 0x1e7, 0, A + 0x3067];
  return stored(chance.of(ROOTS) + 0x2018, hex(chance.of(entries)));
};
/** L1 edits the EPT of its L2. */
const editEpt: Choice = (chance) => {
  if (chance.percent(25)) return stored(EPT, hex(EPT + 0x1000 + chance.of(EPT_TABLE_FLAGS)));
  const at = EPT_LEAF + chance.below(2) * 8;
  return stored(at, hex(chance.of(FRAMES) + chance.of(EPT_FLAGS)));
};
/** Of the entry of level 4; bit 7 is reserved there. */
const EPT_TABLE_FLAGS = [0x7, 0x7, 0x7, 0x107, 0x5, 0x87];

const movCr3: Choice = (chance) => {
  const value = (chance.of(ROOTS) + pcid(chance)).toString(16);
  return {
    kind: 'mov-cr3',
    vcpu,
    value: chance.below(3) > 0 ? `0x8000000000${value}` : `0x${value}`,
  };
};
const reloadCr3: Choice = (chance) => ({ kind: 'mov-cr3', vcpu, value: hex(chance.of(ROOTS)) });
const movCr4: Choice = (chance) => ({ kind: 'mov-cr4', vcpu, value: chance.of(CR4S) });
const movCr0: Choice = (chance) => {
  return { kind: 'mov-cr0', vcpu, value: chance.of(['0x80010033', '0x80000033']) };
};

const wrmsrEfer: Choice = (chance) => ({ kind: 'wrmsr-efer', vcpu, value: chance.of(EFERS) });

const invlpg: Choice = (chance) => ({ kind: 'invlpg', vcpu, gva: page(chance) });
const invpcid: Choice = (chance) => ({
  ...{ kind: 'invpcid', vcpu, type: chance.below(4) },
  ...{ pcid: pcid(chance), gva: page(chance) },
});
const invept: Choice = (chance) => ({
  ...{ kind: 'invept', vcpu, type: 1 + chance.below(2), eptp: hex(chance.of([...EPTPS, 0])) },
});
const invvpid: Choice = (chance) => ({
  ...{ kind: 'invvpid', vcpu, type: chance.below(4) },
  ...{ vpid: 1 + chance.below(2), gva: page(chance) },
});

/** L2 edits its own tables without a flush; then L1 drops whatever its EPT has made of them. */
const flushFromL1: Choice = (chance) => {
  const read: CommandInput = { kind: 'read', vcpu, gva: page(chance) };
  const enter: CommandInput = { kind: 'vmresume', vcpu };
  const edits = [edit(chance), edit(chance)].flat();
  const flush = [invept(chance)].flat();
  return [enter, read, ...edits, { kind: 'vmexit', vcpu }, ...flush, enter, read];
};

const run: Choice = (chance) => ({ kind: chance.of(['vmresume', 'vmresume', 'vmlaunch']), vcpu });
/** L2 leaves, most often for a reason of its own; in L1 an INIT is blocked. */
const leave: Choice = (chance) => {
  if (chance.percent(25)) return { kind: 'vmexit', vcpu, synthesized: true };
  return { kind: chance.of(['vmexit', 'vmexit', 'init']), vcpu };
};
const vmwrite: Choice = (chance) => chance.of(FIELDS)(chance);
const field = (name: string, choose: (chance: Chance) => string): Choice =>
  ((chance: Chance) => ({ kind: 'vmwrite', vcpu, field: name, value: choose(chance) })) as Choice;
const FIELDS: readonly Choice[] = [
  field('EPT_POINTER', (chance) => hex(chance.of(EPTPS))),
  field('EPT_POINTER', (chance) => hex(chance.of(EPTPS))),
  field('VIRTUAL_PROCESSOR_ID', (chance) => hex(1 + chance.below(2))),
  field('SECONDARY_VM_EXEC_CONTROL', (chance) => chance.of(CONTROLS)),
  field('GUEST_CR3', (chance) => hex(chance.of(ROOTS) + pcid(chance))),
  field('GUEST_CR3', (chance) => hex(chance.of([A, A, B, 2 ** 46]))),
  field('GUEST_CR4', (chance) => chance.of(['0x20a0', '0x220a0', '0x220a0'])),
];

const host = hostActs(['0x10000', '0x100000', '0x103000', '0x110000']);
const vmm = vmmActs({
  ...{ roots: ROOTS, pcids: [0, 0, 1, 2], pages: OWN_PAGES.slice(0, 4), frames: FRAMES },
  ...{ cr4s: CR4S, efers: EFERS },
});

const copies = uaccess({
  ...{ pages: PAGES, edits: [edit, edit, editLarge], withoutWp: '0x80000033' },
  ...{ withSmap: '0x2020a0', withSmep: '0x1020a0', without: '0x20a0' },
});
const memslots = memslotActs([movCr3, reloadCr3, run, run, ...accessesTo(PAGES)]);

const CHOICES: readonly Choice[] = [
  ...accessesTo(PAGES),
  ...[edit, edit, edit, edit, editTable, editAlias, editLarge, editEpt],
  ...[movCr3, movCr3, movCr3, reloadCr3, reloadCr3, movCr4, movCr0, wrmsrEfer],
  ...[invlpg, invpcid, invpcid, invept, invvpid, flushFromL1, useAliases],
  ...[run, run, run, leave, vmwrite, host, vmm, memslots, copies, copies],
  ...[reuseOf(FRAMES), reuseOf(FRAMES)],
];
