import type { LinearAccess, PhysicalAccess, Word } from '../machine/index.js';
import type { Outcome } from '../schema/index.js';

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
  readonly access: PhysicalAccess;
}

/**
 * Faults that one access can take before it goes through; more would be our own fault. Each of the
 * six addresses of a two-dimensional walk is missing once and write-protected once, and what KVM
 * makes room by may take some of them away again.
 */
export const FAULTS_MAX = 64;

export function stopped(outcome: Outcome): Translation {
  return { kind: 'stopped', outcome };
}

export function neverSettles(address: Word): Error {
  return new Error(`an access to page ${address.page.toString(16)} faults for ever`);
}
