import {
  isSameWord,
  type Mmu,
  prevRootCount,
  rootAt,
  type Vcpu,
  vcpuStateOf,
} from '../../mmu/index.js';
import {
  type Command,
  CURRENT,
  type MmuEvent,
  type Outcome,
  type VcpuState,
} from '../../mmu/schema/index.js';
import type { Lane } from './lane.js';
import { eventsOf } from './run.js';

/** A side of a parting. */
export interface Side {
  /** Lanes that were still alike, by their index. */
  readonly lanes: readonly number[];
  /** The newest number in the history of a VM that ran the same. */
  readonly seq: number;
  readonly outcome: Outcome | null;
  /** The vCPU that differs, after the command. */
  readonly state: VcpuState;
  /** The first events of the command on this side. */
  readonly events: readonly MmuEvent[];
}

/** A moment at which lanes that had been alike cease to be so. */
export interface Parting {
  /** Index of the command after which they differ. */
  readonly at: number;
  readonly command: Command;
  readonly stay: Side;
  readonly leave: Side;
}

/** The lanes that are alike so far, and the partings of the others. */
export interface Partings {
  /** Groups of lanes that are alike, the first of each as its pattern. */
  groups: number[][];
  readonly list: Parting[];
}

export function createPartings(laneCount: number): Partings {
  return { groups: [Array.from({ length: laneCount }, (_, index) => index)], list: [] };
}

/** Compares what is alike so far, after a command. Lanes that parted once are not compared again. */
export function partLanes(
  partings: Partings,
  lanes: readonly Lane[],
  { command, at }: { command: Command; at: number },
): void {
  const { groups } = partings;
  for (let place = 0; place < groups.length; place += 1) {
    const group = groups[place] as number[];
    if (group.length === 1 || areOneRun(group, lanes)) continue;
    const left = leaversOf(group, lanes);
    if (left.length === 0) continue;
    const stayed = group.filter((index) => !left.includes(index));
    groups[place] = stayed;
    // The leavers may differ among each other: a later round of this loop parts them.
    groups.push(left);
    const vcpu = differingVcpu(lanes, [stayed[0] as number, left[0] as number], command.vcpu);
    const [stay, leave] = [sideOf(lanes, stayed, vcpu), sideOf(lanes, left, vcpu)];
    partings.list.push({ at, command, stay, leave });
  }
}

function areOneRun(group: readonly number[], lanes: readonly Lane[]): boolean {
  const run = lanes[group[0] as number]?.run;
  for (const index of group) if (lanes[index]?.run !== run) return false;
  return true;
}

/** The lanes of a group that differ from its first one. A failed lane differs from every other. */
function leaversOf(group: readonly number[], lanes: readonly Lane[]): number[] {
  const pattern = lanes[group[0] as number] as Lane;
  return group.slice(1).filter((index) => !areAlike(pattern, lanes[index] as Lane));
}

function areAlike({ run: one }: Lane, { run: other }: Lane): boolean {
  if (one === other) return true;
  if (one.failure !== null || other.failure !== null) return false;
  if (!isSameOutcome(one.outcome, other.outcome)) return false;
  return one.vm.vcpus.every((vcpu, index) => isSameVcpu(vcpu, other.vm.vcpus[index] as Vcpu));
}

/** Most outcomes are a constant, or one with what was read; only the others are worth a text. */
function isSameOutcome(one: Outcome | null, other: Outcome | null): boolean {
  if (one === other) return true;
  if (one === null || other === null || one.kind !== other.kind) return false;
  if (one.kind === 'ok' && other.kind === 'ok') {
    const [a, b] = [one.value, other.value];
    return a === b || (a !== undefined && b !== undefined && isSameWord(a, b));
  }
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Compares what a policy can bring about. Registers follow from commands and outcomes. */
function isSameVcpu(one: Vcpu, other: Vcpu): boolean {
  return (
    one.requests === other.requests &&
    one.mode === other.mode &&
    one.mmu.name === other.mmu.name &&
    isSameMmu(one.rootMmu, other.rootMmu) &&
    isSameMmu(one.guestMmu, other.guestMmu)
  );
}

/** A slot that only one of them has counts as a hole. */
function isSameMmu(one: Mmu, other: Mmu): boolean {
  const slots = Math.max(prevRootCount(one), prevRootCount(other));
  for (let slot = CURRENT; slot < slots; slot += 1) {
    const a = slot < prevRootCount(one) ? rootAt(one, slot) : null;
    const b = slot < prevRootCount(other) ? rootAt(other, slot) : null;
    if (a === null || b === null) {
      if (a !== b) return false;
      continue;
    }
    if (a.hpa !== b.hpa || !isSameWord(a.pgd, b.pgd)) return false;
    if (isMarked(one, slot, a) !== isMarked(other, slot, b)) return false;
  }
  return true;
}

function isMarked(
  { slotMarks }: Mmu,
  slot: number,
  { syncDue, flushDue }: { syncDue: boolean; flushDue: boolean },
): boolean {
  return syncDue || flushDue || slotMarks[slot + 1] === true;
}

/** The vCPU to show: that of the command, unless another one differs alone. */
function differingVcpu(
  lanes: readonly Lane[],
  [one, other]: readonly [number, number],
  ran: number,
): number {
  const [a, b] = [(lanes[one] as Lane).run.vm.vcpus, (lanes[other] as Lane).run.vm.vcpus];
  const differs = (index: number) => !isSameVcpu(a[index] as Vcpu, b[index] as Vcpu);
  if (a[ran] === undefined) return 0;
  if (differs(ran)) return ran;
  const found = a.findIndex((_, index) => differs(index));
  return found === -1 ? ran : found;
}

function sideOf(lanes: readonly Lane[], group: readonly number[], vcpu: number): Side {
  const { run } = lanes[group[0] as number] as Lane;
  const state = vcpuStateOf(run.vm, run.vm.vcpus[vcpu] as Vcpu);
  const { seq, outcome } = run;
  return { lanes: [...group], seq, outcome, state, events: eventsOf(run) };
}
