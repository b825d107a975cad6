import type { KernelName, PolicyName } from '../../mmu/index.js';
import { hex } from '../../mmu/index.js';
import {
  Command,
  type CommandInput,
  VmConfig,
  type VmConfigInput,
} from '../../mmu/schema/index.js';

/** A machine of a few parts, whose every state can be seen. */
export interface Bounded {
  readonly policy: PolicyName;
  /** Slots beside the current root: from 0 to 3. */
  readonly slots: number;
  /** Address spaces, each with tables and a PCID of its own: from 2 to 4. */
  readonly spaces: number;
  readonly vcpus: number;
  readonly kernel: KernelName;
  /** Events that may happen besides, each once. */
  readonly also: readonly Extra[];
  /** Events that do not happen. */
  readonly without: readonly Without[];
}

/** Events that can be left out, to see which of them matter. */
export const WITHOUT_NAMES = [
  ...(['flushing-mov-cr3', 'invpcid-single', 'invpcid-all', 'edits'] as const),
] as const;
export type Without = (typeof WITHOUT_NAMES)[number];

/** Events beside switches, flushes by PCID, a use and an edit. */
export const EXTRAS = {
  'load-root': 'KVM switches roots without running the guest between, as its emulator can.',
  invlpg: 'The guest drops one page.',
  'free-current': 'KVM drops the current root alone.',
  'pcide-off': 'The guest clears CR4.PCIDE and sets it again, with roots of PCID 0 besides.',
  'one-pcid': 'All address spaces have PCID 1.',
} as const;
export type Extra = keyof typeof EXTRAS;
export const EXTRA_NAMES = Object.keys(EXTRAS) as Extra[];

const PAGE = 0x1000;
/** Present, writable, the user's, accessed and dirty. */
const PTE = 0x67;
/** Linear addresses: a page of data, and the one table that the guest edits. */
export const DATA = 0x400000;
export const WINDOW = 0x401000;
/** Frames that the edited entry leads to, in turn. */
export const FRAMES = [0x10, 0x11] as const;
const OTHER_FRAMES = 0x12;

/** Root table of an address space; its other three tables follow it. */
export function rootOf(space: number): number {
  return 0x100000 + space * 0x10000;
}

/** Guest-physical address of the entry that is edited: the first space's, for the page of data. */
export const EDITED = rootOf(0) + 3 * PAGE;

/** PCID of an address space: its own, from 1 on, or 1. */
function pcidOf(space: number, also: readonly Extra[]): number {
  return also.includes('one-pcid') ? 1 : 1 + space;
}

/**
 * The guest of the thread: address spaces that share no table, and one entry that any of them can
 * edit, through a page which maps the table that it is in. The rest of memory never changes. Without
 * edits there is no such page.
 */
export function boundedMachine({ policy, kernel, slots, spaces, vcpus, also, without }: Bounded): {
  config: VmConfig;
  stage: Command[];
} {
  const isEdited = !without.includes('edits');
  const config: VmConfigInput = {
    ...{ policy, kernel, vcpus, prevRoots: slots, mmuPages: 64 },
    registers: { cr3: hex(rootOf(0)), cr4: '0x20', efer: '0xd00' },
    memory: {
      words: Array.from({ length: spaces }, (_, space) => tablesOf(space, isEdited)).flat(),
    },
  };
  const stage: CommandInput[] = [];
  for (let vcpu = 0; vcpu < vcpus; vcpu += 1) {
    stage.push({ kind: 'mov-cr4', vcpu, value: '0x20020' });
    // Everything was used once, so that no table is met for the first time later on.
    for (let space = spaces - 1; space >= 0; space -= 1) {
      stage.push({ kind: 'mov-cr3', vcpu, value: hex(rootOf(space) + pcidOf(space, also)) });
      stage.push({ kind: 'write', vcpu, gva: hex(DATA), value: '0x0' });
      if (isEdited) stage.push({ kind: 'read', vcpu, gva: hex(WINDOW) });
    }
    stage.push({ kind: 'free-roots', vcpu, mmu: 'root', roots: [] });
    stage.push({ kind: 'invpcid', vcpu, type: 2, pcid: 0, gva: '0x0' }, { kind: 'enter', vcpu });
  }
  return { config: VmConfig.parse(config), stage: stage.map((command) => Command.parse(command)) };
}

function tablesOf(space: number, isEdited: boolean): { gpa: string; value: string }[] {
  const root = rootOf(space);
  const frame = space === 0 ? FRAMES[0] : OTHER_FRAMES + space;
  const entries: [number, number][] = [
    [root, root + PAGE + PTE],
    [root + PAGE, root + 2 * PAGE + PTE],
    [root + 2 * PAGE + 2 * 8, root + 3 * PAGE + PTE],
    [root + 3 * PAGE, frame * PAGE + PTE],
  ];
  if (isEdited) entries.push([root + 3 * PAGE + 8, EDITED + PTE]);
  return entries.map(([gpa, value]) => ({ gpa: hex(gpa), value: hex(value) }));
}

/** Everything that bears on the root cache of such a machine. */
export function boundedAlphabet({
  spaces,
  vcpus,
  also,
  without,
}: Pick<Bounded, 'spaces' | 'vcpus' | 'also' | 'without'>): Command[] {
  const each = Array.from({ length: spaces }, (_, space) => space);
  const pcids = [...new Set(each.map((space) => pcidOf(space, also)))];
  const cr3s = each.map((space) => rootOf(space) + pcidOf(space, also));
  const unless = (event: Without, make: () => CommandInput[]): CommandInput[] =>
    without.includes(event) ? [] : make();
  const all = Array.from({ length: vcpus }, (_, vcpu) => [
    ...unless('flushing-mov-cr3', () => cr3s.map((cr3) => movCr3(vcpu, hex(cr3)))),
    ...cr3s.map((cr3) => movCr3(vcpu, noFlush(cr3))),
    ...unless('invpcid-single', () => pcids.map((pcid) => invpcid(vcpu, 1, pcid))),
    ...unless('invpcid-all', () => [invpcid(vcpu, 2, 0)]),
    { kind: 'read', vcpu, gva: hex(DATA) } as const,
    ...unless('edits', () => editsOf(vcpu)),
    ...also.flatMap((extra) => extrasOf(extra, vcpu, cr3s)),
  ]);
  return all.flat().map((command) => Command.parse(command));
}

/** The edits of the entry that maps the page. */
function editsOf(vcpu: number): CommandInput[] {
  return FRAMES.map((frame) => ({
    ...{ kind: 'write', vcpu, gva: hex(WINDOW) },
    value: hex(frame * PAGE + PTE),
  }));
}

function extrasOf(extra: Extra, vcpu: number, cr3s: readonly number[]): CommandInput[] {
  switch (extra) {
    case 'load-root':
      return cr3s.map((cr3) => ({ kind: 'load-root', vcpu, pgd: hex(cr3) }));
    case 'invlpg':
      return [{ kind: 'invlpg', vcpu, gva: hex(DATA) }];
    case 'free-current':
      return [{ kind: 'free-roots', vcpu, mmu: 'root', roots: ['current'] }];
    case 'pcide-off':
      return [
        ...['0x20', '0x20020'].map<CommandInput>((value) => ({ kind: 'mov-cr4', vcpu, value })),
        ...cr3s.map((cr3) => movCr3(vcpu, hex(cr3 - (cr3 % PAGE)))),
        ...cr3s.map((cr3) => movCr3(vcpu, noFlush(cr3 - (cr3 % PAGE)))),
      ];
    case 'one-pcid':
      return [];
  }
}

function movCr3(vcpu: number, value: string): CommandInput {
  return { kind: 'mov-cr3', vcpu, value };
}

function invpcid(vcpu: number, type: number, pcid: number): CommandInput {
  return { kind: 'invpcid', vcpu, type, pcid, gva: '0x0' };
}

/** Bit 63 of CR3: nothing is flushed. */
function noFlush(cr3: number): string {
  return `0x8${cr3.toString(16).padStart(15, '0')}`;
}
