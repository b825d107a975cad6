/**
 * The requests that the model knows, in the order in which `vcpu_enter_guest()` services them; a
 * request's index is its bit in a vCPU's `requests`.
 *
 * @see Linux `vcpu_enter_guest()`, arch/x86/kvm/x86.c
 */
export const REQUEST_NAMES = [
  'MMU_RELOAD',
  'MMU_FREE_OBSOLETE_ROOTS',
  'MMU_SYNC',
  'LOAD_MMU_PGD',
  'TLB_FLUSH',
  'TLB_FLUSH_CURRENT',
  'TLB_FLUSH_GUEST',
  'HV_TLB_FLUSH',
  'TRIPLE_FAULT',
] as const;

export type RequestName = (typeof REQUEST_NAMES)[number];

const BIT = Object.fromEntries(REQUEST_NAMES.map((name, index) => [name, 1 << index])) as Record<
  RequestName,
  number
>;

export function requestBit(name: RequestName): number {
  return BIT[name];
}

/** The names of the set bits, in service order. */
export function requestNamesOf(bits: number): RequestName[] {
  return REQUEST_NAMES.filter((name) => (bits & BIT[name]) !== 0);
}
