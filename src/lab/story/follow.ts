import type { Vcpu } from '../../mmu/index.js';
import type { MmuName } from '../../mmu/schema/index.js';
import type { Happenings } from './happenings.js';
import {
  ENTRY_CODE,
  EXIT_CODE,
  FAULT_CODE,
  FLUSH_CODES,
  INJECTION_CODE,
  LEVEL_CODE,
  type Level,
  REQUEST_CODE,
  REQUEST_PLACES,
  REQUESTS,
  VIOLATION_CODE,
} from './lanes.js';
import type { SlotsLook, VcpuLook } from './look.js';
import { RULES } from './rules.js';
import { type Behind, setCurrent, settleSlots } from './slot-lanes.js';
import type { ToldEvent } from './told.js';
import { PLAIN_VALUES, type Roots } from './values.js';

/** Numbers of the values of lanes that are no slots. */
const LEVEL_NUMBERS: Readonly<Record<Level, number>> = {
  host: numberOf('host'),
  L1: numberOf('L1'),
  L2: numberOf('L2'),
};
const PENDING_NUMBER = numberOf('pending');

/** Follows one event of a vCPU: the mark that it is, and the lanes that it tells of. */
export function follow(into: Happenings, look: VcpuLook, roots: Roots, told: ToldEvent): void {
  const { seq, event } = told;
  const { code } = look;
  switch (event.kind) {
    case 'vm-entered':
      into.add(seq, code + ENTRY_CODE);
      setLevel(into, look, event.guest, seq);
      break;
    case 'vm-exit':
      // An exit to L1 follows one to KVM.
      if (event.to === 'host') into.add(seq, code + EXIT_CODE);
      setLevel(into, look, 'host', seq);
      break;
    case 'request-made':
      setRequest(into, look, REQUEST_PLACES[event.request], seq, true);
      break;
    case 'request-serviced':
      setRequest(into, look, REQUEST_PLACES[event.request], seq, false);
      break;
    case 'tlb-flushed':
      into.add(seq, code + FLUSH_CODES[event.scope]);
      break;
    case 'page-fault':
      into.add(seq, code + FAULT_CODE);
      break;
    case 'fault-injected':
      into.add(seq, code + INJECTION_CODE);
      break;
    case 'violation':
      into.add(seq, code + VIOLATION_CODE, RULES.indexOf(event.rule));
      break;
    case 'root-missed':
      setCurrent(into, named(look, event.mmu, seq), seq, null);
      break;
    case 'root-reused': {
      const slots = named(look, event.mmu, seq);
      const held = slots.held.find((root) => root?.hpa === event.hpa);
      setCurrent(into, slots, seq, held ?? roots.of(event.pgd, event.hpa, false));
      break;
    }
    case 'root-allocated':
      setCurrent(into, named(look, event.mmu, seq), seq, roots.of(event.pgd, event.hpa, false));
      break;
    case 'root-evicted':
    case 'root-freed':
    case 'root-marked-unsync':
    case 'root-synced':
      named(look, event.mmu, seq);
      break;
    case 'page-allocated':
    case 'page-zapped':
    case 'page-unsynced':
    case 'page-synced':
    case 'access':
    case 'vm-fail':
  }
}

/** Looks at a vCPU behind a command whose events were followed, or where its VM was taken back. */
export function settle(into: Happenings, look: VcpuLook, vcpu: Vcpu, behind: Behind): void {
  const { seq } = look;
  setLevel(into, look, levelOf(vcpu), seq);
  if (look.requests !== vcpu.requests) settleRequests(into, look, vcpu);
  settleSlots(into, look.root, vcpu.rootMmu, seq, behind);
  settleSlots(into, look.guest, vcpu.guestMmu, seq, behind);
}

/** Requests that no event told of: one may be withdrawn without a word. */
function settleRequests(into: Happenings, look: VcpuLook, { requests }: Vcpu): void {
  for (let place = 0; place < REQUESTS.length; place += 1) {
    setRequest(into, look, place, look.seq, (requests & (1 << place)) !== 0);
  }
}

function levelOf({ mode, nested }: Vcpu): Level {
  if (mode === 'host') return 'host';
  return nested.guestMode ? 'L2' : 'L1';
}

function setLevel(into: Happenings, look: VcpuLook, level: Level, seq: number): void {
  if (look.level === level) return;
  look.level = level;
  into.add(seq, look.code + LEVEL_CODE, LEVEL_NUMBERS[level]);
}

function setRequest(
  into: Happenings,
  look: VcpuLook,
  place: number,
  seq: number,
  isPending: boolean,
): void {
  const bit = 1 << place;
  if (((look.requests & bit) !== 0) === isPending) return;
  look.requests ^= bit;
  into.add(seq, look.code + REQUEST_CODE + place, isPending ? PENDING_NUMBER : 0);
}

/** The slots of an MMU that an event names. */
function named(look: VcpuLook, mmu: MmuName, seq: number): SlotsLook {
  const slots = mmu === 'root' ? look.root : look.guest;
  slots.named = seq;
  return slots;
}

function numberOf(value: (typeof PLAIN_VALUES)[number]): number {
  return PLAIN_VALUES.indexOf(value) + 1;
}
