import { isSameWord, type Word, wordFromNumber } from '../../../mmu/index.js';
import { takeCrWrite } from './exits.js';
import { cachedRoots, keepHistories, useGuessed } from './histories.js';
import { correctHostCr3 } from './nested.js';
import type { Open } from './open.js';
import { mendGuesses, movCr3, narrowBySync, settle, settleDropped } from './operands.js';
import { followLikeliest, type VcpuTrace } from './vcpu.js';
import type { VmTrace } from './vm.js';
import { place, type Window } from './window.js';

const CR4_PGE = 0x80;
const CR4_USUAL = 0xa0;

/** KVM enters the guest again: what the window did not tell by now is inferred or guessed. */
export function closeWindow(vm: VmTrace, vcpu: VcpuTrace, window: Window): void {
  if (vcpu.exit === 'MOV_CR3') placeUnknownCr3(vm, vcpu, window);
  else if (vcpu.exit === 'WRITE_CR4') placeUnknownCr4(vm, vcpu, window);
  explainLoads(vm, vcpu, window);
  likelierInvpcid(vm, vcpu, window);
  const loaded = window.seen.loads.at(-1);
  if (vcpu.exit === 'REFLECTED' && loaded !== undefined) {
    correctHostCr3(vcpu, { page: loaded.gfn, low: 0 });
  }
  vcpu.expected.length = 0;
  vcpu.window = null;
  vcpu.exit = null;
  vcpu.access = null;
  vcpu.walk = null;
  vcpu.lastInvpcid = null;
  vcpu.invpcidType = null;
  vm.held.push(window);
}

/**
 * Roots that were loaded: if KVM should have had one, an invalidation dropped it, or guesses before
 * it were wrong and it had been evicted. And what was not loaded had been cached.
 */
function explainLoads(vm: VmTrace, vcpu: VcpuTrace, window: Window): void {
  const isLoaded = (root: Word) => window.seen.loads.some(({ gfn }) => gfn === root.page);
  let isExplained = false;
  for (const { root, usedIn, kind } of vcpu.expected) {
    if (isLoaded(root) && settleDropped(vm, vcpu, { root, usedIn, kind })) isExplained = true;
  }
  const { cr3 } = vcpu;
  if (isExplained || cr3 === null || window.isTorn || vcpu.isInL2) return;
  if (vcpu.cr3UsedIn !== window.index || vm.hints.paging === 'ept') return;
  const wasCached = !isLoaded(cr3);
  if (!keepHistories(vcpu.histories, (history) => history.wasCached === wasCached)) return;
  followLikeliest(vcpu, window.index);
  mendGuesses(vm, vcpu);
}

/** The value of an emulated MOV to CR3: the root that was loaded, or one of those that KVM had. */
function placeUnknownCr3(vm: VmTrace, vcpu: VcpuTrace, window: Window): void {
  const loaded = window.seen.loads.at(-1);
  if (loaded !== undefined) {
    const value = { page: loaded.gfn, low: 0 };
    takeCrWrite(vm, vcpu, window, { cr: 3, value, confidence: 'inferred' });
    return;
  }
  const [current, ...previous] = cachedRoots(vcpu.histories);
  const candidates = [...previous, ...(current === undefined ? [] : [current])];
  const open: Open = {
    ...{ kind: 'mov-cr3', window, candidates, dropped: [] },
    placed: place(window, movCr3(vcpu.vcpu, candidates[0] ?? NO_ROOT), 'guessed'),
  };
  narrowBySync(vm, open);
  if (open.candidates.length === 0) {
    vcpu.cr3 = null;
    return;
  }
  guessCr3(vcpu, open);
}

const NO_ROOT = { page: 0, low: 0 };

/** Until later events show more: the likeliest, and as ends the current root and the oldest one. */
function guessCr3(vcpu: VcpuTrace, open: Open): void {
  const { placed, candidates, window } = open;
  const cached = vcpu.recent.cr3.roots;
  useGuessed(vcpu.histories, open);
  followLikeliest(vcpu, window.index);
  vcpu.cr3UsedIn = window.index;
  const root = vcpu.recent.cr3.roots[0] ?? NO_ROOT;
  vcpu.cr3 = root;
  placed.command = movCr3(vcpu.vcpu, root);
  if (candidates.length === 1) {
    settle(vcpu, open, placed.command, 'inferred');
    return;
  }
  const fit = cached.filter((one) => candidates.some((other) => isSameWord(one, other)));
  placed.least = [movCr3(vcpu.vcpu, fit[0] ?? root)];
  placed.most = [movCr3(vcpu.vcpu, fit.at(-1) ?? root)];
  vcpu.open.push(open);
  vcpu.cr3From = placed;
}

/** The value of an emulated MOV to CR4: guests turn PGE off and on to flush everything. */
function placeUnknownCr4(vm: VmTrace, vcpu: VcpuTrace, window: Window): void {
  const next = (vcpu.cr4 ?? CR4_USUAL) ^ CR4_PGE;
  const value = wordFromNumber(next);
  takeCrWrite(vm, vcpu, window, { cr: 4, value, confidence: 'guessed' });
  const placed = window.placed.at(-1);
  if (placed === undefined) return;
  placed.least = [];
  placed.most = [placed.command];
}

/** While tables are out of step, an INVPCID of everything would have synced them. */
function likelierInvpcid(vm: VmTrace, vcpu: VcpuTrace, window: Window): void {
  const open = vcpu.open.find((one) => one.kind === 'invpcid' && one.window === window);
  if (open === undefined || open.placed.confidence !== 'guessed') return;
  if (window.seen.synced.length > 0 || vm.unsync.size === 0) return;
  const [least] = open.placed.least ?? [];
  if (least !== undefined) open.placed.command = least;
}
