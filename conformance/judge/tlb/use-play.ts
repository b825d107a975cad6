import { type Access, accessCommand, mustRun } from '../access/access-command.js';
import { PAGE_BITS } from '../access/page-entry.js';
import { run, stateOf } from '../machine.js';
import { hexOf, Unreadable } from '../reading.js';
import {
  EPT_LEAF_FLAGS,
  GLOBAL_FLAG,
  type Layout,
  LEAF_FLAGS,
  layOut,
  TEST_PAGES,
} from './layout.js';
import {
  CR4,
  goTo,
  isInL2,
  leaveL2,
  type Position,
  type Scene,
  startScene,
  store,
} from './travel.js';
import type { Change, UseAct } from './use-steps.js';

const EPT_WRITE = 2n;
const EPTP_AD = 1n << 6n;
const PCIDE = 1n << 17n;
const PGE = 1n << 7n;
const { gva: GVA, frames: FRAMES } = TEST_PAGES.same;

/** How KVM runs the guests of a sequence. */
export interface Stage {
  readonly paging: 'shadow' | 'ept';
  /** VPID of L2; null where there is no L2. */
  readonly vpid: 0 | 1 | null;
}

export type ChangeAct = UseAct & { readonly kind: 'change' };

/** A sequence as it is played. */
export interface Play extends Stage {
  readonly scene: Scene;
  readonly changed: ChangeAct | null;
  readonly flags: { readonly pte: bigint; readonly ept: bigint };
  /** PCIDs in the order in which they are named: each has an address space of its own. */
  readonly pcids: number[];
  eptp: 1 | 2;
}

/** @param said What the case says of the guest's page and registers. */
export function startPlay(
  { paging, vpid }: Stage,
  acts: readonly UseAct[],
  said: { readonly isGlobal: boolean; readonly pcide: boolean },
): Play {
  const changed = acts.find((act) => act.kind === 'change') ?? null;
  const own = layOut();
  const shares = acts.some(({ kind }) => kind === 'share-ept');
  const eptps = shares ? { 1: own.eptps[1], 2: own.eptps[1] | EPTP_AD } : own.eptps;
  const layout: Layout = { ...own, eptps };
  const pte = said.isGlobal ? LEAF_FLAGS | GLOBAL_FLAG : LEAF_FLAGS;
  const flags = { pte, ept: EPT_LEAF_FLAGS | EPT_WRITE };
  layInitial(layout, { flags, changed, guest: vpid === null ? 'l1' : 'l2' });
  const scene = startScene(paging, layout);
  if (vpid === null && !said.pcide) {
    mustRun(scene.machine, { kind: 'mov-cr4', value: hexOf(CR4 & ~PCIDE) });
  }
  return { scene, paging, vpid, changed, flags, pcids: [], eptp: 1 };
}

/** The entry under test as it is before it is changed. */
function layInitial(
  layout: Layout,
  { flags, changed, guest }: Pick<Play, 'flags' | 'changed'> & { guest: 'l1' | 'l2' },
): void {
  const before = (table: 'pte' | 'ept'): bigint => {
    const open = FRAMES.old | flags[table];
    return changed?.table === table ? initialOf(open, table, changed.change) : open;
  };
  for (const pcid of [0, 1] as const) {
    layout.memory.set(layout.guestPlaces(guest, pcid, 'same').leaf, before('pte'));
  }
  layout.memory.set(layout.eptPlaces(1, 'same').leaf, before('ept'));
}

const PRESENT_BITS = { pte: PAGE_BITS.P, ept: 0x7n } as const;
const WRITE_BITS = { pte: PAGE_BITS.W, ept: EPT_WRITE } as const;

function initialOf(open: bigint, table: 'pte' | 'ept', change: Change): bigint {
  if (change === 'present') return open & ~PRESENT_BITS[table];
  return change === 'writable' ? open & ~WRITE_BITS[table] : open;
}

function changedOf(flags: bigint, table: 'pte' | 'ept', change: Change): bigint {
  switch (change) {
    case 'frame':
    case 'present':
      return FRAMES.fresh | flags;
    case 'not-present':
      return (FRAMES.old | flags) & ~PRESENT_BITS[table];
    case 'writable':
      return FRAMES.old | flags;
    case 'read-only':
      return (FRAMES.old | flags) & ~WRITE_BITS[table];
  }
}

/** Does one thing; an access may end as it likes. */
export function perform(play: Play, act: UseAct): void {
  const { scene, vpid } = play;
  const { machine, layout } = scene;
  switch (act.kind) {
    case 'access':
      beInGuest(play);
      run(machine, accessCommand(accessOf(act)));
      return;
    case 'change': {
      if (act.table === 'ept') beInL1(scene);
      else beInGuest(play);
      const guest = vpid === null ? 'l1' : 'l2';
      const places =
        act.table === 'ept' ? layout.eptPlaces(1, 'same') : layout.guestPlaces(guest, 0, 'same');
      store(scene, places.leaf, changedOf(play.flags[act.table], act.table, act.change));
      return;
    }
    case 'switch':
      switchPcid(play, act);
      return;
    case 'invlpg':
      beInGuest(play);
      mustRun(machine, { kind: 'invlpg', gva: hexOf(GVA) });
      return;
    case 'invpcid':
      beInGuest(play);
      mustRun(machine, {
        kind: 'invpcid',
        type: hexOf(act.type),
        pcid: hexOf(act.pcid),
        gva: hexOf(GVA),
      });
      return;
    case 'toggle-pge':
      beInGuest(play);
      for (const toggled of [PGE, 0n]) {
        const cr4 = BigInt(stateOf(machine).cr4) & ~PGE;
        mustRun(machine, { kind: 'mov-cr4', value: hexOf(cr4 | (PGE - toggled)) });
      }
      return;
    case 'invvpid':
      beInL1(scene);
      mustRun(machine, { kind: 'invvpid', type: hexOf(act.type), vpid: '0x1', gva: hexOf(GVA) });
      return;
    case 'invept':
      beInL1(scene);
      mustRun(machine, {
        kind: 'invept',
        type: hexOf(act.type),
        eptp: hexOf(layout.eptps[act.eptp]),
      });
      return;
    case 'exit':
      beInL1(scene);
      return;
    case 'enter':
      beInGuest(play);
      return;
    case 'run':
      play.eptp = act.eptp;
      beInL1(scene);
      beInGuest(play);
      return;
    case 'share-ept':
      return;
  }
}

function beInL1({ machine }: Scene): void {
  if (isInL2(machine)) leaveL2(machine);
}

/** L2 runs, if the case has one. */
export function beInGuest({ scene, vpid, eptp }: Play): void {
  if (vpid === null || isInL2(scene.machine)) return;
  const position: Position = { guest: 'l2', vpid, ept: eptp, pcid: 0 };
  goTo(scene, position);
}

/** The first PCID that is named is that of the space whose entry is changed. */
function switchPcid(
  { scene, vpid, pcids }: Play,
  { pcid, flushes }: UseAct & { kind: 'switch' },
): void {
  if (!pcids.includes(pcid)) pcids.push(pcid);
  const space = pcids.indexOf(pcid);
  if (space !== 0 && space !== 1) throw new Unreadable(`PCID ${pcid} beside ${pcids.join(', ')}`);
  const root = scene.layout.rootOf(vpid === null ? 'l1' : 'l2', space);
  const value = root | BigInt(pcid) | (flushes ? 0n : 1n << 63n);
  mustRun(scene.machine, { kind: 'mov-cr3', value: hexOf(value) });
}

export function accessOf({ access: kind }: UseAct & { kind: 'access' }): Access {
  return { kind, gva: GVA, user: false, ac: false };
}
