import { type Access, accessCommand } from '../../attempt/access.js';
import type { ObservedAttempt, ObservedStep } from '../../attempt/attempt.js';
import type { Check } from '../../attempt/check.js';
import { setControl } from '../../attempt/controls.js';
import { EPTP_VALID } from '../../attempt/guest-memory.js';
import { hexOf } from '../../attempt/hex.js';
import type { MachineSpec } from '../../attempt/machine-spec.js';
import { commandStep, type MachineCommand } from '../../attempt/machine-step.js';
import { OPEN_ENTRY, PAGE_BITS } from '../../attempt/page-bits.js';
import { layPath } from '../../attempt/path.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { checksOf } from '../expectation.js';
import { observedStep, readInstructions } from '../observed.js';
import { flagOf, refuseOthers, splitFacts, textOf, wordOf } from '../reading.js';
import { specOf } from '../setup.js';
import { defaultEptEntry } from './ept-entry.js';
import { kindsOf } from './kinds.js';
import { mapL1 } from './l2-access.js';

const EPTP_ACCESSED_DIRTY = 1n << 6n;
const EPT_ACCESSED = 1n << 8n;
const EPT_DIRTY = 1n << 9n;

/** L2's page tables, at the same addresses in L1's memory, and the tables of its EPT. */
const L2_TABLES = [0x30000n, 0x31000n, 0x32000n, 0x33000n] as const;
const EPT_TABLES = 0x40000n;
const EPT_TABLES_OF_PAGES = 0x50000n;
const LOG = 0x60000n;
const LOG_ENTRIES = 512n;

/** Linear address of the first page that L2 accesses. */
const GVA = 0x400000000000n;

/** Pages of L2 and of L1 where a case does not say. */
const PAGE = 0xc0001000n;
const L1_PAGE = 0xc0000000n;

const OWN_KEYS = new Set(['pml', 'pml_index', 'pml_address', 'eptp_ad', 'dirty_log']);

/**
 * A case about the pages that L2 modifies: L1's log of them, or that of KVM's own VMM. What is no access
 * of L2 is about the controls of a VM entry.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* readModifiedPage(item: ArchitectureCase): Iterable<ObservedAttempt> {
  if (item.op !== 'L2_ACCESS') {
    yield readInstructions(item);
    return;
  }
  refuseOthers(item.args, ['kind', 'gpa'], 'argument');
  const { own, rest } = splitFacts(item.setup, OWN_KEYS);
  for (const kind of kindsOf(item.args.kind)) {
    const spec = specOf({ ...item, setup: rest }, false);
    const access = { kind, gva: GVA, user: false, ac: false };
    yield own.dirty_log === undefined
      ? loggedByL1(item, { own, spec, access })
      : loggedByVmm(item, { own, spec, access });
  }
}

interface Told {
  readonly own: ArchitectureCase['setup'];
  readonly spec: MachineSpec;
  readonly access: Access;
}

/** The log is that of L1, which has the processor, or KVM for it, note what L2 dirties. */
function loggedByL1(item: ArchitectureCase, { own, spec, access }: Told): ObservedAttempt {
  const [, named] = /^D=([01]) page$/.exec(String(item.args.gpa)) ?? [];
  const isDirty = named === '1';
  const page = named === undefined ? wordOf(item.args.gpa) & ~0xfffn : PAGE;
  const index = wordOf(own.pml_index ?? LOG_ENTRIES - 1n);
  const log = wordOf(own.pml_address ?? hexOf(LOG));
  const isOn = flagOf(own.pml ?? 1);
  const tracksUse = flagOf(own.eptp_ad ?? 1);
  if (isOn) setControl(spec, 'pml', true);
  spec.vmcs.set('PML_ADDRESS', log);
  spec.vmcs.set('GUEST_PML_INDEX', index);
  const used = isDirty ? EPT_ACCESSED | EPT_DIRTY : 0n;
  const entry = layTables(spec, { pages: [page], used, tracksUse });
  const isLogged = isOn && tracksUse && access.kind === 'write' && !isDirty;
  const isFull = index >= LOG_ENTRIES;
  const notes: Check[] = [];
  if (isLogged && isFull) notes.push({ kind: 'entry', set: 0n, clear: 0n });
  if (isLogged && !isFull) {
    notes.push({ kind: 'word', place: log + 8n * index, value: page });
    notes.push({ kind: 'entry', set: EPT_ACCESSED | EPT_DIRTY, clear: 0n });
  }
  const steps = [commandStep(accessCommand(access))];
  const checks = [...checksOf(item.expect), ...notes];
  return observing(spec, [], [observedStep({ label: access.kind, steps, entry }, checks)]);
}

const SLOT = { slot: 0 } as const;
const ASK: MachineCommand = { kind: 'get-dirty-log', ...SLOT };

/** The log is that of the VMM: it has the page of L1, through whichever page of L2 it was written. */
function loggedByVmm(item: ArchitectureCase, { own, spec, access }: Told): ObservedAttempt {
  const { aliases, target } = aliasesIn(item, textOf(own.dirty_log));
  const { dirty_bitmap_page: page, ...expect } = item.expect;
  const number = Number(wordOf(page)) + Number(target >> 12n);
  layTables(spec, { pages: aliases, target, used: EPT_ACCESSED, tracksUse: true });
  const nth = aliases.indexOf(wordOf(item.args.gpa));
  if (nth === -1) throw new Unreadable(`gpa ${item.args.gpa}, which is no alias`);
  const through = (i: number, kind: Access['kind']) =>
    commandStep(accessCommand({ ...access, kind, gva: GVA + BigInt(i) * 0x1000n }));
  const asked = (label: string, pages: Extract<Check, { kind: 'dirty' }>) =>
    observedStep({ label, steps: [commandStep(ASK)], entry: null }, [pages]);

  const preparation = [commandStep({ kind: 'dirty-log', ...SLOT, enabled: true })];
  const before = nth === 0 ? [] : [through(0, 'write'), commandStep(ASK)];
  const first: ObservedStep[] =
    nth === 0
      ? [
          observedStep({ label: 'read', steps: [through(0, 'read')], entry: null }, []),
          asked('log after the read', { kind: 'dirty', page: number, isDirty: false }),
        ]
      : [];
  const last = { label: access.kind, steps: [through(nth, access.kind)], entry: null };
  return observing(
    spec,
    [...preparation, ...before],
    [
      ...first,
      observedStep(last, checksOf(expect)),
      asked('log', { kind: 'dirty', page: number, isDirty: true }),
      asked('log again', { kind: 'dirty', page: number, isDirty: false }),
    ],
  );
}

/** Pages of L2 that lead to one page of L1, in the words of the case, or of the one before it. */
function aliasesIn(
  item: ArchitectureCase,
  text: string,
): { aliases: readonly bigint[]; target: bigint } {
  const hex = '(0x[0-9a-f]+)';
  const told = `^L0 dirty ring/bitmap, L2 GPA ${hex} and ${hex} both map to L1 GPA ${hex}$`;
  const [, first, second, target] = new RegExp(told).exec(text) ?? [];
  if (target !== undefined)
    return { aliases: [wordOf(first), wordOf(second)], target: wordOf(target) };
  if (text !== 'as above, second alias written after first logged and cleared') {
    throw new Unreadable(`dirty_log "${text}"`);
  }
  const gpa = wordOf(item.args.gpa);
  return { aliases: [gpa - 0x1000n, gpa], target: L1_PAGE };
}

function observing(
  spec: MachineSpec,
  preparation: ObservedAttempt['preparation'],
  observed: readonly ObservedStep[],
): ObservedAttempt {
  return { kind: 'observed', spec, preparation, observed };
}

/**
 * L1 runs L2 on an EPT, in which L2's own tables have been used and written.
 *
 * @param pages Pages of L2, one behind the other in its linear addresses.
 * @param target Page of L1 that all of them lead to; each its own, unless told.
 * @param used A and D of the entries that map the pages.
 * @returns Where the entry of the first page lies in the EPT.
 */
function layTables(
  spec: MachineSpec,
  what: { pages: readonly bigint[]; target?: bigint; used: bigint; tracksUse: boolean },
): bigint {
  const { pages, target, used, tracksUse } = what;
  spec.vmx = 'non-root';
  spec.vmcs.set('EPT_POINTER', EPTP_VALID | (tracksUse ? EPTP_ACCESSED_DIRTY : 0n));
  setControl(spec, 'ept', true);
  mapL1(spec);
  spec.regs.cr3 = L2_TABLES[0];
  const { memory } = spec;
  const ept = { root: EPTP_VALID & ~0xfffn, levels: 4, leafLevel: 1 };
  const all = EPT_ACCESSED | EPT_DIRTY;
  for (const table of L2_TABLES) {
    layPath(memory, {
      ...ept,
      address: table,
      page: table,
      tableAt: (level) => EPT_TABLES + BigInt(level) * 0x1000n,
      flagsAt: (level) => defaultEptEntry(level, 1) | (level === 1 ? all : EPT_ACCESSED),
    });
  }
  const places = pages.map((page, i) => {
    layPath(memory, {
      root: L2_TABLES[0],
      levels: 4,
      leafLevel: 1,
      address: GVA + BigInt(i) * 0x1000n,
      page,
      tableAt: (level) => L2_TABLES[4 - level] as bigint,
      flagsAt: () => (OPEN_ENTRY & ~PAGE_BITS.U) | PAGE_BITS.A | PAGE_BITS.D,
    });
    return layPath(memory, {
      ...ept,
      address: page,
      page: target ?? L1_PAGE,
      tableAt: (level) => eptTableAt(page, level),
      flagsAt: (level) => defaultEptEntry(level, 1) | (level === 1 ? used : EPT_ACCESSED),
    });
  });
  return places[0]?.get(1) ?? 0n;
}

/**
 * Below 512 GiB a page has the upper table in common with L2's own.
 *
 * @throws {Unreadable} Below 1 GiB, where L2's own tables have theirs.
 */
function eptTableAt(page: bigint, level: number): bigint {
  if (page < 1n << 30n) throw new Unreadable(`gpa ${hexOf(page)} beside L2's tables`);
  const isCommon = level === 3 && page < 1n << 39n;
  return (isCommon ? EPT_TABLES : EPT_TABLES_OF_PAGES) + BigInt(level) * 0x1000n;
}
