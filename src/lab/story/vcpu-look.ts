import type { Vcpu, Vm } from '../../mmu/index.js';
import { CODES_PER_VCPU, LEVEL_CODE, type Level, REQUEST_CODE, REQUESTS } from './lanes.js';
import type { LaneChange, VcpuLook } from './look.js';
import {
  holdsAsBefore,
  type SlotsToFollow,
  settleSlots,
  switchCurrent,
  tellFates,
} from './slot-lanes.js';
import type { ToldEvent } from './told.js';
import type { Roots } from './values.js';

/** Looks at nothing yet. */
export function looksOf(vm: Vm): VcpuLook[] {
  return vm.vcpus.map(({ index, rootMmu, guestMmu }) => ({
    index,
    command: 0,
    seq: 0,
    level: null,
    requests: 0,
    slots: { root: rootMmu.slots.map(() => null), guest: guestMmu.slots.map(() => null) },
  }));
}

/** Follows one event of a vCPU. */
export function follow(changes: LaneChange[], look: VcpuLook, roots: Roots, told: ToldEvent): void {
  const { seq, event } = told;
  switch (event.kind) {
    case 'vm-entered':
      setLevel(changes, look, event.guest, seq);
      break;
    case 'vm-exit':
      setLevel(changes, look, 'host', seq);
      break;
    case 'request-made':
    case 'request-serviced': {
      const index = REQUESTS.indexOf(event.request);
      setRequest(changes, look, { index, seq, is: event.kind === 'request-made' });
      break;
    }
    default:
      switchCurrent(changes, { look, roots, told });
  }
}

/** The command behind which a vCPU is looked at. */
interface Behind {
  readonly vm: Vm;
  readonly roots: Roots;
  /** Events of the command, those of other vCPUs among them. */
  readonly events: readonly ToldEvent[];
}

/** Looks at a vCPU behind a command whose events were followed. */
export function settleVcpu(
  changes: LaneChange[],
  look: VcpuLook,
  { vm, roots, events }: Behind,
): void {
  const vcpu = vm.vcpus[look.index] as Vcpu;
  settle(changes, look, vcpu, look.seq);
  settleMmu(changes, { look, mmu: vcpu.rootMmu, roots, events });
  settleMmu(changes, { look, mmu: vcpu.guestMmu, roots, events });
}

function settleMmu(
  changes: LaneChange[],
  { look, mmu, roots, events }: Omit<SlotsToFollow, 'seq'> & Pick<Behind, 'events'>,
): void {
  const { index: vcpu, slots } = look;
  if (!holdsAsBefore(look, mmu)) {
    const named = events.findLast(
      (told) => told.vcpu === vcpu && 'mmu' in told.event && told.event.mmu === mmu.name,
    );
    settleSlots(changes, { look, mmu, roots, seq: named?.seq ?? look.seq, events });
  }
  tellFates(changes, { vcpu, mmu: mmu.name, events, after: slots[mmu.name] });
}

/** The changes of a vCPU's lanes where a VM was taken back. */
export function rewoundChanges(vm: Vm, look: VcpuLook, roots: Roots, seq: number): LaneChange[] {
  const vcpu = vm.vcpus[look.index] as Vcpu;
  const changes: LaneChange[] = [];
  settle(changes, look, vcpu, seq);
  for (const mmu of [vcpu.rootMmu, vcpu.guestMmu]) {
    if (holdsAsBefore(look, mmu)) continue;
    settleSlots(changes, { look, mmu, roots, seq, events: null });
  }
  return changes;
}

/** Lanes that no event told of: a request is withdrawn without a word. */
function settle(changes: LaneChange[], look: VcpuLook, vcpu: Vcpu, seq: number): void {
  setLevel(changes, look, levelOf(vcpu), seq);
  if (look.requests === vcpu.requests) return;
  for (let index = 0; index < REQUESTS.length; index += 1) {
    setRequest(changes, look, { index, seq, is: (vcpu.requests & (1 << index)) !== 0 });
  }
}

function levelOf({ mode, nested }: Vcpu): Level {
  if (mode === 'host') return 'host';
  return nested.guestMode ? 'L2' : 'L1';
}

function setLevel(changes: LaneChange[], look: VcpuLook, level: Level, seq: number): void {
  if (look.level === level) return;
  look.level = level;
  const code = look.index * CODES_PER_VCPU + LEVEL_CODE;
  changes.push({ seq, code, value: level, end: 0 });
}

function setRequest(
  changes: LaneChange[],
  look: VcpuLook,
  { index, seq, is }: { readonly index: number; readonly seq: number; readonly is: boolean },
): void {
  const bit = 1 << index;
  if (((look.requests & bit) !== 0) === is) return;
  look.requests ^= bit;
  const code = look.index * CODES_PER_VCPU + REQUEST_CODE + index;
  changes.push({ seq, code, value: is ? 'pending' : null, end: 0 });
}
