import { type Word, wordFromNumber } from '../../../mmu/index.js';
import { takeCrWrite } from './exits.js';
import { correctHostCr3 } from './nested.js';
import { movCr3, narrowBySync, settle, settleDropped } from './operands.js';
import { type Open, touch, type VcpuTrace } from './vcpu.js';
import type { VmTrace } from './vm.js';
import { place, type Window } from './window.js';

const CR4_PGE = 0x80;
const CR4_USUAL = 0xa0;

/** KVM enters the guest again: what the window did not tell by now is inferred or guessed. */
export function closeWindow(vm: VmTrace, vcpu: VcpuTrace, window: Window): void {
  if (vcpu.exit === 'MOV_CR3') placeUnknownCr3(vm, vcpu, window);
  else if (vcpu.exit === 'WRITE_CR4') placeUnknownCr4(vm, vcpu, window);
  for (const { root, usedIn, kind } of vcpu.expected) {
    if (window.seen.loads.some(({ gfn }) => gfn === root.page)) {
      settleDropped(vm, vcpu, { root, usedIn, kind });
    }
  }
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

/** The value of an emulated MOV to CR3: the root that was loaded, or one of those that KVM had. */
function placeUnknownCr3(vm: VmTrace, vcpu: VcpuTrace, window: Window): void {
  const loaded = window.seen.loads.at(-1);
  if (loaded !== undefined) {
    const value = { page: loaded.gfn, low: 0 };
    takeCrWrite(vm, vcpu, window, { cr: 3, value, confidence: 'inferred' });
    return;
  }
  const [current, ...previous] = vcpu.recent.cr3.roots;
  const candidates = [...previous, ...(current === undefined ? [] : [current])];
  const open: Open = {
    ...{ kind: 'mov-cr3', window, candidates, dropped: [] },
    placed: place(window, movCr3(vcpu.vcpu, candidates[0] ?? { page: 0, low: 0 }), 'guessed'),
  };
  narrowBySync(vm, open);
  const [likeliest, ...others] = open.candidates;
  if (likeliest === undefined) {
    vcpu.cr3 = null;
    return;
  }
  if (others.length === 0) {
    settle(vcpu, open, movCr3(vcpu.vcpu, likeliest), 'inferred');
    useRoot(vcpu, likeliest, window);
    return;
  }
  guessCr3(vcpu, open, likeliest);
}

/** Until a walk shows more: the likeliest, and as ends the current root and the oldest one. */
function guessCr3(vcpu: VcpuTrace, open: Open, likeliest: Word): void {
  const { placed, candidates } = open;
  placed.command = movCr3(vcpu.vcpu, likeliest);
  placed.least = [movCr3(vcpu.vcpu, candidates.at(-1) as Word)];
  placed.most = [movCr3(vcpu.vcpu, candidates.at(-2) as Word)];
  vcpu.open.push(open);
  useRoot(vcpu, likeliest, open.window);
  vcpu.cr3From = placed;
}

/** @param root One of those that KVM has. */
function useRoot(vcpu: VcpuTrace, root: Word, { index }: Window): void {
  vcpu.cr3 = root;
  touch(vcpu.recent.cr3, root, index);
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
