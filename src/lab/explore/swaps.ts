import { type Futures, renamedCr3, type Swap, type Vm, wordsOfPage } from '../../mmu/index.js';
import type { Command, CommandKind } from '../../mmu/schema/index.js';
import type { Setting } from './machine.js';
import { type Level, levelsOf, sameTables, type Tables } from './tables.js';

/** Commands that name frames and PCIDs in ways that are looked into, and no others. */
const KNOWN: ReadonlySet<CommandKind> = new Set([
  ...(['read', 'write', 'execute', 'mov-cr3', 'mov-from-cr3', 'invlpg', 'invpcid'] as const),
  ...(['load-root', 'enter', 'make-request', 'free-roots'] as const),
]);

const X86_CR4_PCIDE = 2 ** 17;
const FRAMES = 2 ** 40;

/** A root table with the PCID under which it is used. */
interface Space {
  readonly root: number;
  readonly pcid: number;
}

/**
 * Address spaces that take each other's names, and nobody could tell: their tables have the same
 * form, and for each command the alphabet has the same one of the other. Nothing is declared: this
 * follows from the alphabet, and from the memory in the first state.
 *
 * @param vm In the first state.
 */
export function swapsOf({ alphabet }: Setting, vm: Vm, futures: Futures): Swap[] {
  if (!isPlainGuest(vm) || !alphabet.every(({ kind }) => KNOWN.has(kind))) return [];
  const spaces = spacesIn(alphabet);
  const own = vm.vcpus.map(({ regs }) => regs.cr3.page % FRAMES);
  const tables = levelsOf(vm, [...spaces.map(({ root }) => root), ...own]);
  if (tables === null) return [];
  const swaps: Swap[] = [];
  for (const [i, one] of spaces.entries()) {
    for (const other of spaces.slice(i + 1)) {
      const swap = swapOf(vm, tables, [one, other]);
      if (swap !== null && isUnseen(swap, { alphabet, vm, futures })) swaps.push(swap);
    }
  }
  return swaps;
}

/** One vCPU with shadow paging and PCIDs, without SMM or VMX, whose lists may be in any order. */
function isPlainGuest({ config, vcpus, memory }: Vm): boolean {
  const isPlain = ({ regs, nested, smm }: Vm['vcpus'][number]) =>
    (regs.cr4 & X86_CR4_PCIDE) !== 0 && nested.vmxon === -1 && smm === null;
  const { paging, defects } = config;
  const isOne = vcpus.length === 1 && paging === 'shadow' && defects.length === 0;
  return isOne && memory.isPlain && vcpus.every(isPlain);
}

function spacesIn(alphabet: readonly Command[]): Space[] {
  const spaces = new Map<string, Space>();
  for (const command of alphabet) {
    const cr3 = cr3Of(command);
    if (cr3 === null) continue;
    const space = { root: cr3.page % FRAMES, pcid: cr3.low };
    spaces.set(JSON.stringify(space), space);
  }
  return [...spaces.values()];
}

function cr3Of(command: Command) {
  if (command.kind === 'mov-cr3') return command.value;
  return command.kind === 'load-root' ? command.pgd : null;
}

/** The frames of two spaces by pairs, if their tables have one form. */
function swapOf(vm: Vm, tables: Tables, [one, other]: readonly [Space, Space]): Swap | null {
  const frames = sameTables(vm, tables, one.root, other.root);
  if (frames === null || one.pcid === 0 || other.pcid === 0) return null;
  const pcids = new Map<number, number>();
  if (one.pcid !== other.pcid) pcids.set(one.pcid, other.pcid).set(other.pcid, one.pcid);
  const isTable = ([, level]: readonly [number, Level]) => level > 0;
  return { frames, pcids, tables: new Set([...tables].filter(isTable).map(([gfn]) => gfn)) };
}

/** Whether alphabet, memory and futures are the same under a swap. */
function isUnseen(
  swap: Swap,
  { alphabet, vm, futures }: { alphabet: readonly Command[]; vm: Vm; futures: Futures },
): boolean {
  const known = new Set(alphabet.map((command) => JSON.stringify(command)));
  return (
    alphabet.every((command) => known.has(JSON.stringify(renamedCommand(command, swap)))) &&
    alphabet.every((command) => storesNoName(command, swap, vm)) &&
    areFuturesSame(swap, futures)
  );
}

/** A command under a swap. It stores no frame that is renamed. */
export function renamedCommand(command: Command, swap: Swap): Command {
  switch (command.kind) {
    case 'mov-cr3':
      return { ...command, value: renamedCr3(command.value, swap) };
    case 'load-root':
      return { ...command, pgd: renamedCr3(command.pgd, swap) };
    case 'invpcid': {
      const { pcid } = command;
      return { ...command, pcid: { ...pcid, low: swap.pcids.get(pcid.low) ?? pcid.low } };
    }
    default:
      return command;
  }
}

/**
 * Whether a command stores nothing that names a frame which is renamed, whatever it is taken for; and
 * leads, if it is taken for an entry, to a table that is known or to a page that names none.
 */
function storesNoName(command: Command, { frames, tables }: Swap, { memory }: Vm): boolean {
  if (command.kind !== 'write') return true;
  const frame = command.value.page % FRAMES;
  if (frames.has(frame)) return false;
  return tables.has(frame) || (wordsOfPage(memory.pages, frame) ?? []).every((word) => word === 0);
}

function areFuturesSame(swap: Swap, { pcids, onlyCr3 }: Futures): boolean {
  const named = (pcid: number) => swap.pcids.get(pcid) ?? pcid;
  const cr3s = [...onlyCr3].every(([pcid, cr3]) => {
    const [there, here] = [onlyCr3.get(named(pcid)), renamedCr3(cr3, swap)];
    return there?.page === here.page && there.low === here.low;
  });
  return cr3s && (pcids ?? []).every((pcid) => pcids?.includes(named(pcid)));
}
