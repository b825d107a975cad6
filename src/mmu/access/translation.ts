import type { LinearAccess, Word } from '../machine/index.js';
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
