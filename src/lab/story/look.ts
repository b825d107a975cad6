import type { Vm } from '../../mmu/index.js';
import type { MmuName } from '../../mmu/schema/index.js';
import type { Happening } from './happenings.js';
import { CODES_PER_VCPU, type Level, rootCode } from './lanes.js';
import type { Root } from './values.js';

/** The lanes of a vCPU as they were last looked at. */
export interface VcpuLook {
  readonly index: number;
  /** Code of its first lane. */
  readonly code: number;
  /** `seq` of the newest command that touched it, and of the newest record of it. */
  command: number;
  seq: number;
  level: Level | null;
  requests: number;
  readonly root: SlotsLook;
  readonly guest: SlotsLook;
}

/** The slots of an MMU as they were last looked at. */
export interface SlotsLook {
  readonly mmu: MmuName;
  readonly vcpu: number;
  /** Code of the current root. */
  readonly code: number;
  /** Contents of the slots, the current root first; and before the newest command that moved them. */
  readonly held: (Root | null)[];
  readonly before: (Root | null)[];
  /** `seq` of the newest event of the command that named the MMU; 0 if none did. */
  named: number;
  /** The newest change of the current root that an event of the command told of. */
  told: Happening | null;
}

/** Looks at nothing yet. */
export function looksOf(vm: Vm): VcpuLook[] {
  return vm.vcpus.map(({ index, rootMmu, guestMmu }) => ({
    index,
    code: index * CODES_PER_VCPU,
    command: 0,
    seq: 0,
    level: null,
    requests: 0,
    root: slotsLookOf(index, 'root', rootMmu.slots.length),
    guest: slotsLookOf(index, 'guest', guestMmu.slots.length),
  }));
}

/** A command touches a vCPU: nothing of it has been told yet. */
export function touch(look: VcpuLook, command: number): void {
  look.command = command;
  look.root.named = 0;
  look.root.told = null;
  look.guest.named = 0;
  look.guest.told = null;
}

function slotsLookOf(vcpu: number, mmu: MmuName, slots: number): SlotsLook {
  const code = vcpu * CODES_PER_VCPU + rootCode(mmu, -1);
  const none = () => new Array<null>(slots).fill(null);
  return { mmu, vcpu, code, held: none(), before: none(), named: 0, told: null };
}
