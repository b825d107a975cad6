import { hex } from '../../../mmu/index.js';
import { A, B, X } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import { stored, vcpu } from './choice.js';

/** An address space with a page that moves, and another one. */
export interface Story {
  readonly near: number;
  readonly far: number;
  /** Two PCIDs; one that is above 2047 has bit 11 besides those of another. */
  readonly own: number;
  readonly other: number;
  readonly read: CommandInput;
  readonly gva: string;
  /** The page is there, and global. */
  readonly settle: CommandInput;
  /** The page gets another frame. */
  readonly move: CommandInput;
}

export const WITH_PCIDE: CommandInput = { kind: 'mov-cr4', vcpu, value: '0x220a0' };
export const WITHOUT_PCIDE: CommandInput = { kind: 'mov-cr4', vcpu, value: '0x20a0' };
const PCIDS = [
  [1, 2],
  [2, 1],
  [0x801, 2],
] as const;

export function storyOf(chance: Chance, frames: readonly number[]): Story {
  const [near, far] = chance.percent(50) ? [A, B] : [B, A];
  const [own, other] = chance.of(PCIDS);
  const nth = chance.below(3);
  const gva = hex(X + nth * 0x1000);
  const entry = hex(chance.of(frames) + chance.of([0x67, 0x67, 0x167]));
  return {
    ...{ near, far, own, other, gva },
    read: { kind: 'read', vcpu, gva, user: false },
    settle: stored(near + 0x3000 + nth * 8, '0x15167'),
    move: stored(near + 0x3000 + nth * 8, entry),
  };
}

/** The address, the PCID, or everything is dropped. */
export function flush(chance: Chance, { far, own, gva }: Story): CommandInput[] {
  const type = chance.below(7);
  if (type < 4) return [{ kind: 'invpcid', vcpu, type, pcid: own, gva }];
  if (type === 4) return [{ kind: 'invlpg', vcpu, gva }];
  if (type === 5) return [load(far + own)];
  return [{ kind: 'mov-cr4', vcpu, value: '0x22020' }, WITH_PCIDE];
}

/** MOV CR3 that drops what its PCID has. */
export function load(root: number): CommandInput {
  return { kind: 'mov-cr3', vcpu, value: hex(root) };
}

/** MOV CR3 that drops nothing. */
export function to(root: number, pcid: number): CommandInput {
  return { kind: 'mov-cr3', vcpu, value: `0x8000000000${(root + pcid).toString(16)}` };
}
