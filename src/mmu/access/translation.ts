import type { LinearAccess, PhysicalAccess, Word } from '../machine/index.js';
import type { Outcome } from '../schema/index.js';
import { INTERRUPTED } from '../vcpu/index.js';

/** A linear address that is accessed. */
export interface Request {
  readonly address: Word;
  readonly access: LinearAccess;
}

/** The result of translating an address. */
export type Translation =
  /** The processor has it, from its TLB or by a walk. */
  | { readonly kind: 'mapped'; readonly gfn: number; readonly by: 'tlb' | 'walk' }
  /** KVM carries out the access itself; the guest has left. */
  | { readonly kind: 'emulated'; readonly gfn: number }
  /** The access does not happen. */
  | { readonly kind: 'stopped'; readonly outcome: Outcome };

/** The result of translating a guest-physical address. */
export type PhysicalTranslation =
  | { readonly kind: 'mapped'; readonly gfn: number; readonly acc: number }
  /** An EPT violation was put right: the whole access is to be made again. */
  | { readonly kind: 'retry' }
  | { readonly kind: 'emulated'; readonly gfn: number }
  /** A table that a page walk must write to may not be written: KVM is to walk instead. */
  | { readonly kind: 'emulate-walk' }
  /** A table of the guest lies in no memslot: KVM is to carry out the access, and cannot walk. */
  | { readonly kind: 'no-table'; readonly gpa: number; readonly gfn: number }
  | { readonly kind: 'stopped'; readonly outcome: Outcome };

/** A guest-physical address that the processor accesses. */
export interface PhysicalRequest {
  readonly gpa: number;
  /** The linear address whose translation it is, or is a part of. */
  readonly linear: Word;
  readonly access: PhysicalAccess;
}

/**
 * Faults after which an access is taken never to go through. Each of the six addresses of a
 * two-dimensional walk is missing once and write-protected once, and what KVM makes room by may
 * take some of them away again.
 */
export const FAULTS_MAX = 64;

/**
 * The guest faults without end: only a signal to the thread of the vCPU would have `KVM_RUN` return.
 * No way to this is known.
 */
export const NEVER_SETTLES: Translation = stopped(INTERRUPTED);

export function stopped(outcome: Outcome): Translation {
  return { kind: 'stopped', outcome };
}
