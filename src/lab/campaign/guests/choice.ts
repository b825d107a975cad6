import { hex } from '../../../mmu/index.js';
import { seen } from '../../../mmu/scenes/index.js';
import { Command, type CommandInput } from '../../../mmu/schema/index.js';
import { type Chance, createChance } from '../../workloads/index.js';

/** Beyond all memory: what maps it is an emulated device. */
export const NO_MEMORY = 2 ** 32;

/**
 * Makes the next command, or several that belong together. Another function chooses the vCPU, so that
 * vCPUs are counted from that one: {@link vcpu}, and {@link another}.
 */
export type Choice = (chance: Chance) => CommandInput | readonly CommandInput[];

/** Choice after choice, each on one vCPU, without end. What is listed twice comes twice as often. */
export function* chosenFrom(
  choices: readonly Choice[],
  { seed, vcpus }: { seed: number; vcpus: number },
): Generator<Command> {
  const chance = createChance(seed);
  for (;;) {
    const chosen = [chance.of(choices)(chance)].flat();
    const first = chance.below(vcpus);
    const from = (nth: number) => (first + nth) % vcpus;
    for (const command of chosen) yield Command.parse(countedFrom(from, command));
  }
}

function countedFrom(from: (nth: number) => number, command: CommandInput): CommandInput {
  const counted = { ...command, vcpu: from(command.vcpu) };
  if (counted.kind !== 'pv-flush') return counted;
  return { ...counted, vcpus: [...new Set(counted.vcpus.map(from))] };
}

/** The stage of a vCPU is that of the first one without the tables, which all share. */
export function onEveryVcpu(stage: readonly CommandInput[], vcpus: number): CommandInput[] {
  const own = stage.filter(({ kind }) => kind !== 'map');
  const others = Array.from({ length: vcpus - 1 }, (_, i) => own.map((it) => onVcpu(it, i + 1)));
  return [...stage, ...others.flat()];
}

/** Each vCPU has a VMCS of its own. */
function onVcpu(command: CommandInput, vcpu: number): CommandInput {
  if (command.kind !== 'vmptrld') return { ...command, vcpu };
  return { ...command, vcpu, address: hex(0x2000 + vcpu * 0x1000) };
}

/** Stands for whichever vCPU it will be. */
export const vcpu = 0;
/** Stands for the next one, which is the same one where there is no other. */
export const another = 1;

/** Loads, stores and fetches, by supervisor and user, with EFLAGS.AC or without; of loads the most. */
export function accessesTo(pages: readonly number[]): readonly Choice[] {
  const where = (chance: Chance) => {
    return { vcpu, gva: hex(chance.of(pages)), user: chance.percent(25) };
  };
  // EFLAGS.AC lifts SMAP for the supervisor.
  const loadOrStore = (chance: Chance) => ({ ...where(chance), ac: chance.percent(25) });
  const read: Choice = (chance) => ({ kind: 'read', ...loadOrStore(chance) });
  const write: Choice = (chance) => {
    return { kind: 'write', ...loadOrStore(chance), value: hex(0xda00 + chance.below(256)) };
  };
  const execute: Choice = (chance) => ({ kind: 'execute', ...where(chance) });
  return [read, read, read, read, read, read, read, write, write, execute];
}

/** Setting of a supervisor that writes to pages of the user, where CR0.WP holds nobody back. */
interface Uaccess {
  readonly pages: readonly number[];
  readonly edits: readonly Choice[];
  readonly withoutWp: string;
  /** CR4 with SMAP or SMEP, and as it is afterwards: with SMAP no table that is the user's can be edited. */
  readonly withSmap: string;
  readonly withSmep: string;
  readonly without: string;
}

/**
 * Edits, then a store with EFLAGS.AC set and a load without, as of a copy to the user, or a store and
 * a fetch under SMEP: one time in four, since KVM has a hole there and a trial that met it goes on
 * without.
 */
export function uaccess({ pages, edits, withoutWp, ...cr4s }: Uaccess): Choice {
  return (chance) => {
    if (!chance.percent(25)) return [];
    const gva = hex(chance.of(pages));
    const load: CommandInput = { kind: 'read', vcpu, gva, user: false };
    const fetch: CommandInput = { kind: 'execute', vcpu, gva, user: false };
    const [value, use] = chance.percent(50) ? [cr4s.withSmap, load] : [cr4s.withSmep, fetch];
    return [
      ...[chance.of(edits)(chance), chance.of(edits)(chance)].flat(),
      { kind: 'mov-cr0', vcpu, value: withoutWp },
      { kind: 'mov-cr4', vcpu, value },
      { kind: 'write', vcpu, gva, ac: true, value: '0xda00' },
      use,
      { kind: 'mov-cr4', vcpu, value: cr4s.without },
    ];
  };
}

/** Stores of the supervisor to one page, which it may write to only while CR0.WP is clear. */
export function aroundWp(
  pages: readonly number[],
  cr0s: { with: string; without: string },
): Choice {
  return (chance) => {
    const write: CommandInput = {
      kind: 'write',
      vcpu,
      gva: hex(chance.of(pages)),
      value: '0xda00',
    };
    const movCr0 = (value: string): CommandInput => ({ kind: 'mov-cr0', vcpu, value });
    return [movCr0(cr0s.without), write, movCr0(cr0s.with), write];
  };
}

/** An entry as it is stored; "execute disable" is bit 63, which a number does not hold. */
export function entryText(entry: number, { nx = false } = {}): string {
  return nx ? `0x8${entry.toString(16).padStart(15, '0')}` : hex(entry);
}

/** The guest stores an entry of its tables, where it sees them. */
export function stored(gpa: number, value: string, bytes: 4 | 8 = 8): CommandInput {
  return { kind: 'write', vcpu, gva: hex(seen(gpa)), value, bytes };
}
