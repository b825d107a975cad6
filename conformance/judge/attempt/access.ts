import { hexOf } from './hex.js';
import type { MachineCommand } from './machine-step.js';

/** An access to memory, by the model's command that makes it. */
export type AccessKind = 'read' | 'write' | 'execute';

export const ACCESS_KINDS: readonly AccessKind[] = ['read', 'write', 'execute'];

/** One access by a linear address. */
export interface Access {
  readonly kind: AccessKind;
  readonly gva: bigint;
  readonly user: boolean;
  /** EFLAGS.AC. */
  readonly ac: boolean;
}

/** The value that a write stores: any will do. */
const STORED = '0x1';

export function accessCommand({ kind, gva, user, ac }: Access): MachineCommand {
  const where = { kind, gva: hexOf(gva), user };
  if (kind === 'execute') return where;
  return kind === 'read' ? { ...where, ac } : { ...where, ac, value: STORED };
}
