import { ANY_FUTURE, type Futures, isSameWord, type Vcpu, type Word } from '../../mmu/index.js';
import type { Command, CommandKind } from '../../mmu/schema/index.js';

/** Commands that leave registers other than CR3, and so the format of entries, as they are. */
const KEEPS_FORMAT: ReadonlySet<CommandKind> = new Set([
  ...(['read', 'write', 'execute', 'mov-cr3', 'mov-from-cr3', 'invlpg', 'invpcid'] as const),
  ...(['load-root', 'enter', 'make-request', 'free-roots', 'zap-all', 'preempt'] as const),
  ...(['pv-flush', 'map', 'host-write', 'reset-context'] as const),
]);

/** Commands of a hypervisor that name no VPID: its VMCS keeps the one that it has. */
const NAMES_NO_VPID: ReadonlySet<CommandKind> = new Set([
  ...KEEPS_FORMAT,
  ...(['vmlaunch', 'vmresume', 'vmexit', 'invept', 'mov-cr0', 'mov-cr4', 'wrmsr-efer'] as const),
]);

const X86_CR4_PCIDE = 2 ** 17;

/** PTE bit 8, which makes a page global. */
const GLOBAL = 0x100;

/** Commands that name other vCPUs than the one they befall, in a way that is not looked into. */
const NAMES_VCPUS: ReadonlySet<CommandKind> = new Set(['hv-flush']);

/**
 * The futures of a guest that has no other commands than these: derived from them and from the
 * memory, and as wide as can be where they do not tell.
 *
 * @param vcpus As they begin.
 * @param words Pages of memory, 32 bits each.
 */
export function futuresOf(
  alphabet: readonly Command[],
  vcpus: readonly Pick<Vcpu, 'regs'>[],
  words: Iterable<Uint32Array>,
): Futures {
  const isOf = (kinds: ReadonlySet<CommandKind>) => alphabet.every(({ kind }) => kinds.has(kind));
  const newVpids = !isOf(NAMES_NO_VPID);
  if (!isOf(KEEPS_FORMAT)) return { ...ANY_FUTURE, newVpids };
  const hasPcids = vcpus.every(({ regs }) => (regs.cr4 & X86_CR4_PCIDE) !== 0);
  const cr3s = new Map<number, Word[]>();
  for (const cr3 of [...vcpus.map(({ regs }) => regs.cr3), ...alphabet.flatMap(cr3sOf)]) {
    const pcid = hasPcids ? cr3.low : 0;
    cr3s.set(pcid, [...(cr3s.get(pcid) ?? []), cr3]);
  }
  const alone = [...cr3s].filter(([, [first, ...rest]]) =>
    rest.every((other) => first !== undefined && isSameWord(first, other)),
  );
  return {
    // PCID 0 is that of whoever has PCIDE clear.
    pcids: [...new Set([0, ...cr3s.keys()])],
    onlyCr3: new Map(alone.map(([pcid, [cr3]]) => [pcid, cr3 as Word])),
    newVpids,
    structures: alphabet.some(dropsStructures),
    globals: alphabet.some(storesGlobal) || [...words].some((page) => page.some(isGlobal)),
  };
}

/** The values that a command can give to CR3. */
function cr3sOf(command: Command): Word[] {
  if (command.kind === 'load-root') return [command.pgd];
  // Bit 63 asks for no flush, and is not kept.
  if (command.kind === 'mov-cr3') {
    return [{ page: command.value.page % 2 ** 51, low: command.value.low }];
  }
  return [];
}

/** INVLPG drops all of the PCID's paging-structure caches, and of translations one page. */
function dropsStructures(command: Command): boolean {
  return command.kind === 'invlpg' || (command.kind === 'invpcid' && command.type.low === 0);
}

function isGlobal(word: number): boolean {
  return (word & GLOBAL) !== 0;
}

/** Whether a command stores what a table could hold as the entry of a global page. */
function storesGlobal(command: Command): boolean {
  if (command.kind === 'map') return true;
  if (command.kind !== 'write' && command.kind !== 'host-write') return false;
  return isGlobal(command.value.low);
}

/**
 * Whether it makes no difference which vCPU is which: each may give every command that another may.
 * All vCPUs of a configuration begin alike, and what has befallen them since is part of a state.
 */
export function isSymmetric(alphabet: readonly Command[], vcpus: number): boolean {
  if (vcpus === 1 || alphabet.some(({ kind }) => NAMES_VCPUS.has(kind))) return false;
  const known = new Set(alphabet.map((command) => JSON.stringify(command)));
  for (let vcpu = 1; vcpu < vcpus; vcpu += 1) {
    const swap = (index: number) => (index === vcpu ? vcpu - 1 : index === vcpu - 1 ? vcpu : index);
    const isClosed = alphabet.every((command) => known.has(JSON.stringify(swapped(command, swap))));
    if (!isClosed) return false;
  }
  return true;
}

function swapped(command: Command, swap: (index: number) => number): Command {
  const vcpu = swap(command.vcpu);
  if (command.kind !== 'pv-flush') return { ...command, vcpu };
  return { ...command, vcpu, vcpus: command.vcpus.map(swap).sort((a, b) => a - b) };
}
