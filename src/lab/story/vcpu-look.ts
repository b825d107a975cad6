import type { Vcpu, Vm } from '../../mmu/index.js';
import { CODES_PER_VCPU, LEVEL_CODE, type Level, REQUEST_CODE, REQUESTS } from './lanes.js';
import type { LaneChange, VcpuLook } from './look.js';
import { holdsAsBefore, settleSlots, switchCurrent, tellFates } from './slot-lanes.js';
import type { ToldEvent } from './told.js';
import type { Roots } from './values.js';

/** Looks at nothing yet. */
export function looksOf(vm: Vm): VcpuLook[] {
  return vm.vcpus.map(({ index, rootMmu, guestMmu }) => ({
    index,
    level: null,
    requests: 0,
    slots: { root: rootMmu.slots.map(() => null), guest: guestMmu.slots.map(() => null) },
  }));
}

/** The changes of a vCPU's lanes during a command, from its events and from what it came to. */
export function changesOf(
  vm: Vm,
  look: VcpuLook,
  roots: Roots,
  { seq, events }: { readonly seq: number; readonly events: readonly ToldEvent[] },
): LaneChange[] {
  const vcpu = vm.vcpus[look.index] as Vcpu;
  const changes: LaneChange[] = [];
  for (const told of events) {
    followEvent(changes, look, told);
    switchCurrent(changes, { look, roots, told });
  }
  const last = events.at(-1)?.seq ?? seq;
  settle(changes, look, vcpu, last);
  for (const mmu of [vcpu.rootMmu, vcpu.guestMmu]) {
    if (!holdsAsBefore(look, mmu)) {
      const at = events.findLast(({ event }) => 'mmu' in event && event.mmu === mmu.name)?.seq;
      settleSlots(changes, { look, mmu, roots, seq: at ?? last, events });
    }
    tellFates(changes, { mmu: mmu.name, events, after: look.slots[mmu.name] });
  }
  return changes;
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

function followEvent(changes: LaneChange[], look: VcpuLook, { seq, event }: ToldEvent): void {
  if (event.kind === 'vm-entered') setLevel(changes, look, event.guest, seq);
  if (event.kind === 'vm-exit') setLevel(changes, look, 'host', seq);
  if (event.kind !== 'request-made' && event.kind !== 'request-serviced') return;
  const index = REQUESTS.indexOf(event.request);
  setRequest(changes, look, { index, seq, is: event.kind === 'request-made' });
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
