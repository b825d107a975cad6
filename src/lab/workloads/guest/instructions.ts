import { wordFromNumber } from '../../../mmu/index.js';
import type { Command } from '../../../mmu/schema/index.js';
import type { Expected, Planned, Word } from '../planned.js';

/** An access to memory: its vCPU, address and rights. */
export interface Access {
  readonly vcpu: number;
  readonly gva: Word;
  /** 8 unless it says otherwise. */
  readonly bytes?: 1 | 2 | 4 | 8;
  /** At CPL 3. */
  readonly user?: boolean;
  /** EFLAGS.AC: the kernel copies from or to user memory, between STAC and CLAC. */
  readonly ac?: boolean;
}

export const ZERO: Word = { page: 0, low: 0 };

const OK: Expected = { kind: 'ok' };

/** A command that must succeed; the workload says nothing more of it. */
export function done(command: Command): Planned {
  return { command, expected: OK };
}

export function read({ vcpu, gva, bytes = 8, user = false, ac = false }: Access): Command {
  return { kind: 'read', vcpu, gva, bytes, user, ac };
}

export function write(access: Access, value: Word): Command {
  const { vcpu, gva, bytes = 8, user = false, ac = false } = access;
  return { kind: 'write', vcpu, gva, value, bytes, user, ac };
}

export function execute({ vcpu, gva, user = false }: Access): Command {
  return { kind: 'execute', vcpu, gva, user };
}

export function movCr3(vcpu: number, value: Word): Command {
  return { kind: 'mov-cr3', vcpu, value, gpr: 0 };
}

export function movCr4(vcpu: number, value: Word): Command {
  return { kind: 'mov-cr4', vcpu, value, gpr: 0 };
}

export function invlpg(vcpu: number, gva: Word): Command {
  return { kind: 'invlpg', vcpu, gva, encoding: 'memory' };
}

/** @param type 0: an address, 1: a PCID, 2: everything, 3: everything that is not global. */
export function invpcid(vcpu: number, type: number, pcid = 0, gva = ZERO): Command {
  return {
    ...{ kind: 'invpcid', vcpu, type: wordFromNumber(type), pcid: wordFromNumber(pcid), gva },
    ...{ encoding: 'memory', operand: null },
  };
}
