import { type Access, type AccessKind, accessCommand } from '../../attempt/access.js';
import { hexOf } from '../../attempt/hex.js';
import type { MachineCommand } from '../../attempt/machine-step.js';
import { PAGE_BITS } from '../../attempt/page-bits.js';
import type { ChangeAction, EntryChange, UseAction, UseAttempt } from '../../attempt/use.js';
import { type Machine, run, stateOf } from '../machine.js';
import { mustRun } from '../perform.js';
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
  startGuests,
  store,
  type TwoGuests,
} from './two-guests.js';

const EPT_WRITE = 2n;
const EPTP_AD = 1n << 6n;
const PCIDE = 1n << 17n;
const PGE = 1n << 7n;
const { gva: GVA, frames: FRAMES } = TEST_PAGES.same;

/** A sequence as it is carried out. */
export interface UseRun {
  readonly guests: TwoGuests;
  readonly vpid: 0 | 1 | null;
  readonly changed: ChangeAction | null;
  readonly flags: { readonly pte: bigint; readonly ept: bigint };
  eptp: 1 | 2;
}

export function startUse({
  paging,
  vpid,
  isGlobal,
  pcide,
  sharesEpt,
  actions,
}: UseAttempt): UseRun {
  const changed = actions.find((action) => action.kind === 'change') ?? null;
  const own = layOut();
  const eptps = sharesEpt ? { 1: own.eptps[1], 2: own.eptps[1] | EPTP_AD } : own.eptps;
  const layout: Layout = { ...own, eptps };
  const pte = isGlobal ? LEAF_FLAGS | GLOBAL_FLAG : LEAF_FLAGS;
  const flags = { pte, ept: EPT_LEAF_FLAGS | EPT_WRITE };
  layInitial(layout, { flags, changed, guest: vpid === null ? 'l1' : 'l2' });
  const guests = startGuests(paging, layout);
  if (vpid === null && !pcide) {
    mustRun(guests.machine, { kind: 'mov-cr4', value: hexOf(CR4 & ~PCIDE) });
  }
  return { guests, vpid, changed, flags, eptp: 1 };
}

/** The entry under test as it is before it is changed. */
function layInitial(
  layout: Layout,
  { flags, changed, guest }: Pick<UseRun, 'flags' | 'changed'> & { guest: 'l1' | 'l2' },
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

function initialOf(open: bigint, table: 'pte' | 'ept', change: EntryChange): bigint {
  if (change === 'present') return open & ~PRESENT_BITS[table];
  return change === 'writable' ? open & ~WRITE_BITS[table] : open;
}

function changedOf(flags: bigint, table: 'pte' | 'ept', change: EntryChange): bigint {
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

/** Carries out an action; an access may end as it likes. */
export function carryOut(use: UseRun, action: UseAction): void {
  const { guests } = use;
  const { machine, layout } = guests;
  if (isForL1(action)) beInL1(guests);
  else beInGuest(use);
  switch (action.kind) {
    case 'access':
      run(machine, accessCommand(accessTo(action.access)));
      return;
    case 'change':
      change(use, action);
      return;
    case 'switch':
      switchSpace(use, action);
      return;
    case 'toggle-pge':
      togglePge(machine);
      return;
    case 'run':
      use.eptp = action.eptp;
      beInGuest(use);
      return;
    case 'exit':
    case 'enter':
      return;
    default:
      mustRun(machine, invalidationBy(action, layout));
  }
}

/** Whether L1 carries out an action; all others are those of the guest whose page it is. */
function isForL1(action: UseAction): boolean {
  if (action.kind === 'change') return action.table === 'ept';
  return ['invvpid', 'invept', 'exit', 'run'].includes(action.kind);
}

type Invalidation = Extract<UseAction, { kind: 'invlpg' | 'invpcid' | 'invvpid' | 'invept' }>;

function invalidationBy(action: Invalidation, layout: Layout): MachineCommand {
  const gva = hexOf(GVA);
  switch (action.kind) {
    case 'invlpg':
      return { kind: 'invlpg', gva };
    case 'invpcid':
      return { kind: 'invpcid', type: hexOf(action.type), pcid: hexOf(action.pcid), gva };
    case 'invvpid':
      return { kind: 'invvpid', type: hexOf(action.type), vpid: '0x1', gva };
    case 'invept':
      return {
        ...{ kind: 'invept', type: hexOf(action.type), eptp: hexOf(layout.eptps[action.eptp]) },
      };
  }
}

function change({ guests, vpid, flags }: UseRun, { table, change: how }: ChangeAction): void {
  const { layout } = guests;
  const guest = vpid === null ? 'l1' : 'l2';
  const places =
    table === 'ept' ? layout.eptPlaces(1, 'same') : layout.guestPlaces(guest, 0, 'same');
  store(guests, places.leaf, changedOf(flags[table], table, how));
}

/** Off and on again. */
function togglePge(machine: Machine): void {
  const cr4 = BigInt(stateOf(machine).cr4) & ~PGE;
  for (const value of [cr4, cr4 | PGE]) {
    mustRun(machine, { kind: 'mov-cr4', value: hexOf(value) });
  }
}

function beInL1({ machine }: TwoGuests): void {
  if (isInL2(machine)) leaveL2(machine);
}

/** L2 runs, if the case has one. */
export function beInGuest({ guests, vpid, eptp }: UseRun): void {
  if (vpid === null || isInL2(guests.machine)) return;
  const position: Position = { guest: 'l2', vpid, ept: eptp, pcid: 0 };
  goTo(guests, position);
}

function switchSpace(
  { guests, vpid }: UseRun,
  { space, pcid, flushes }: Extract<UseAction, { kind: 'switch' }>,
): void {
  const root = guests.layout.rootOf(vpid === null ? 'l1' : 'l2', space);
  const value = root | BigInt(pcid) | (flushes ? 0n : 1n << 63n);
  mustRun(guests.machine, { kind: 'mov-cr3', value: hexOf(value) });
}

export function accessTo(kind: AccessKind): Access {
  return { kind, gva: GVA, user: false, ac: false };
}
