import { addressFrameOf, isSameWord, type Word } from '../../../mmu/index.js';
import type { Command } from '../../../mmu/schema/index.js';
import { likeliest } from './histories.js';
import type { Open } from './open.js';
import { reaches } from './tables.js';
import type { VcpuTrace } from './vcpu.js';
import { isHeld, type VmTrace } from './vm.js';
import type { Window } from './window.js';

/** A PCID that stands for one that nothing is cached of. */
const UNUSED_PCID = 4095;

const INVPCID_SINGLE = { page: 0, low: 1 };
const INVPCID_ALL = { page: 0, low: 2 };
const INVEPT_SINGLE = { page: 0, low: 1 };
const INVEPT_GLOBAL = { page: 0, low: 2 };
const NO_EPTP = { page: 0, low: 0 };
const NO_GVA = { page: 0, low: 0 };

/** The pgd by which KVM knows a CR3: without the no-flush bit and what LAM keeps there. */
export function pgdOf(cr3: Word): Word {
  return { page: addressFrameOf(cr3), low: cr3.low };
}

export function movCr3(vcpu: number, value: Word): Command {
  return { kind: 'mov-cr3', vcpu, value, gpr: 0 };
}

export function invlpg(vcpu: number, gva: Word): Command {
  return { kind: 'invlpg', vcpu, gva, encoding: 'memory' };
}

export function invpcid(vcpu: number, of: { type: Word; pcid: Word; gva: Word }): Command {
  return { kind: 'invpcid', vcpu, ...of, encoding: 'memory', operand: null };
}

export function invept(vcpu: number, of: { type: Word; eptp: Word }): Command {
  return { kind: 'invept', vcpu, ...of, encoding: 'memory', operand: null };
}

/** An INVPCID of unknown operands: everything, until later events say otherwise. */
export function guessInvpcid({ vcpu, recent }: VcpuTrace) {
  const single = (low: number) =>
    invpcid(vcpu, { type: INVPCID_SINGLE, pcid: { page: 0, low }, gva: NO_GVA });
  const all = invpcid(vcpu, { type: INVPCID_ALL, pcid: NO_GVA, gva: NO_GVA });
  const pcids = [...new Set(recent.cr3.roots.map(({ low }) => low))];
  return { command: all, least: [single(UNUSED_PCID)], most: [all, ...pcids.map(single)] };
}

/** An INVEPT of unknown operands: nothing that KVM has, until later events say otherwise. */
export function guessInvept({ vcpu }: VcpuTrace) {
  const none = invept(vcpu, { type: INVEPT_SINGLE, eptp: NO_EPTP });
  const all = invept(vcpu, { type: INVEPT_GLOBAL, eptp: NO_EPTP });
  return { command: none, least: [none], most: [all] };
}

/** Fixes an operand that was open. */
export function settle(
  vcpu: VcpuTrace,
  open: Open,
  command: Command,
  confidence: 'seen' | 'inferred' | 'guessed',
): void {
  open.placed.command = command;
  open.placed.confidence = confidence;
  if (confidence !== 'guessed') {
    open.placed.least = null;
    open.placed.most = null;
  }
  vcpu.open = vcpu.open.filter((one) => one !== open);
}

/** The open operand of a kind, the newest first, that belongs to this window or to any that is held. */
export function openOf(
  vm: VmTrace,
  vcpu: VcpuTrace,
  kind: Open['kind'],
  window?: Window,
): Open | undefined {
  return vcpu.open.findLast(
    (one) =>
      one.kind === kind && (window === undefined ? isHeld(vm, one.window) : one.window === window),
  );
}

/**
 * A root that KVM should have had was loaded anew: an invalidation since its last use dropped it.
 *
 * @param usedIn Number of the window of its last use.
 * @returns Whether there was one.
 */
export function settleDropped(
  vm: VmTrace,
  vcpu: VcpuTrace,
  { root, usedIn, kind }: { root: Word; usedIn: number; kind: 'invpcid' | 'invept' },
): boolean {
  const since = vcpu.open.filter(
    (one) => one.kind === kind && one.window.index > usedIn && isHeld(vm, one.window),
  );
  // One INVPCID drops the roots of one PCID; one INVEPT may drop all.
  const fits = ({ dropped }: Open) => dropped.every(({ low }) => low === root.low);
  const open = since.findLast(fits) ?? (kind === 'invept' ? since.at(-1) : undefined);
  if (open === undefined) return false;
  open.dropped.push(root);
  const isOne = open.dropped.every((one) => isSameWord(one, root));
  open.placed.command =
    kind === 'invept'
      ? invept(vcpu.vcpu, isOne ? { type: INVEPT_SINGLE, eptp: root } : GLOBAL_EPT)
      : invpcid(vcpu.vcpu, { type: INVPCID_SINGLE, pcid: { page: 0, low: root.low }, gva: NO_GVA });
  open.placed.confidence = 'inferred';
  open.placed.least = null;
  open.placed.most = null;
  return true;
}

/** Guesses of CR3 become those of the history that is the likeliest now. */
export function mendGuesses(vm: VmTrace, vcpu: VcpuTrace): void {
  let { guess } = likeliest(vcpu.histories);
  for (; guess !== null && isHeld(vm, guess.open.window); guess = guess.before) {
    const { placed } = guess.open;
    if (placed.confidence === 'guessed') placed.command = movCr3(vcpu.vcpu, guess.root);
  }
}

const GLOBAL_EPT = { type: INVEPT_GLOBAL, eptp: NO_EPTP };

/** Narrows the values that an unknown CR3 may have had by the tables that were synced under it. */
export function narrowBySync(vm: VmTrace, open: Open): void {
  for (const gfn of open.window.seen.synced) {
    if (gfn === null) continue;
    const fit = open.candidates.filter(({ page }) => reaches(vm.tables, page, gfn));
    if (fit.length > 0) open.candidates = fit;
  }
}
