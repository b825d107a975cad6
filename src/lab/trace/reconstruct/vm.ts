import type { Word } from '../../../mmu/index.js';
import type { Command } from '../../../mmu/schema/index.js';
import { createTables, type Tables } from './tables.js';
import type { VcpuTrace } from './vcpu.js';
import { createWindow, type Placed, type Window } from './window.js';

/** Facts of a VM that its configuration follows from. */
export interface Hints {
  vendor: 'vmx' | 'svm' | null;
  paging: 'shadow' | 'ept' | null;
  /** Levels of the guest's page tables; 0 while no walk has shown them. */
  levels: number;
  /** A CR3 had a PCID or the no-flush bit. */
  usesPcid: boolean;
  isNested: boolean;
  /** The CR3 that the VM began with. */
  cr3: Word | null;
  vcpus: number;
}

/** A VM as the trace shows it. */
export interface VmTrace {
  readonly id: number;
  /** Tasks that are its vCPUs, as the trace names them. */
  readonly tasks: string[];
  readonly vcpus: Map<number, VcpuTrace>;
  readonly tables: Tables;
  readonly hints: Hints;
  /** Windows that are over and may still be completed by what comes later, oldest first. */
  readonly held: Window[];
  /** Number of the next window, and of the oldest that is held. */
  nextIndex: number;
  /** Stores of the guest whose value later walks may show, by address. */
  readonly writes: Map<number, { readonly placed: Placed; readonly window: Window }>;
  /** Linear address that a last-level table maps first, by the table. */
  readonly tableVa: Map<number, number>;
  readonly unsync: Set<number>;
}

/** Windows that are held back at most, so that later events can complete them. */
export const HELD_MAX = 1024;
/** Stores, tables and pages that are remembered at most. */
const REMEMBERED_MAX = 65_536;

export function createVmTrace(id: number): VmTrace {
  const hints = { vendor: null, paging: null, levels: 0, usesPcid: false, isNested: false };
  return {
    ...{ id, tasks: [], vcpus: new Map(), tables: createTables() },
    hints: { ...hints, cr3: null, vcpus: 0 },
    ...{ held: [], nextIndex: 0, writes: new Map(), tableVa: new Map(), unsync: new Set() },
  };
}

/** The window that a vCPU's next event belongs to. */
export function windowOf(vm: VmTrace, vcpu: VcpuTrace, at: number): Window {
  if (vcpu.window === null) {
    vcpu.window = createWindow(vcpu.vcpu, vm.nextIndex, at);
    vm.nextIndex += 1;
  }
  return vcpu.window;
}

/** Whether a window was not yet given away: only then it can be completed. */
export function isHeld(vm: VmTrace, window: Window): boolean {
  const oldest = vm.held[0];
  return oldest === undefined || window.index >= oldest.index;
}

/** Puts a command before another of a window, or at its end. */
export function placeBefore(window: Window, before: Placed | null, command: Command): Placed {
  const placed: Placed = { command, confidence: 'inferred', least: null, most: null };
  const at = before === null ? -1 : window.placed.indexOf(before);
  if (at === -1) window.placed.push(placed);
  else window.placed.splice(at, 0, placed);
  return placed;
}

/** Remembers something, and forgets the rest once there is too much. */
export function remember<K>(set: Set<K>, key: K): void;
export function remember<K, V>(map: Map<K, V>, key: K, value: V): void;
export function remember<K, V>(into: Set<K> | Map<K, V | undefined>, key: K, value?: V): void {
  if (into.size >= REMEMBERED_MAX) into.clear();
  if (into instanceof Map) into.set(key, value);
  else into.add(key);
}
