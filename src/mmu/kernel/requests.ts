/**
 * The requests that the model knows, each as its bit in a vCPU's `requests`, in the order in which
 * `vcpu_enter_guest()` services them.
 *
 * @see Linux `vcpu_enter_guest()`, arch/x86/kvm/x86.c
 */
export const KVM_REQ = {
  GET_NESTED_STATE_PAGES: 0x1,
  MMU_RELOAD: 0x2,
  MMU_FREE_OBSOLETE_ROOTS: 0x4,
  MMU_SYNC: 0x8,
  LOAD_MMU_PGD: 0x10,
  TLB_FLUSH: 0x20,
  TLB_FLUSH_CURRENT: 0x40,
  TLB_FLUSH_GUEST: 0x80,
  HV_TLB_FLUSH: 0x100,
  TRIPLE_FAULT: 0x200,
  STEAL_UPDATE: 0x400,
} as const;

export type RequestName = keyof typeof KVM_REQ;

/** A request: a single bit. */
export type Request = (typeof KVM_REQ)[RequestName];

/** Names in service order: that of bit n has index n. */
export const REQUEST_NAMES = Object.keys(KVM_REQ) as [RequestName, ...RequestName[]];

export function requestNameOf(request: Request): RequestName {
  return REQUEST_NAMES[31 - Math.clz32(request)] as RequestName;
}

/** The names of the set bits, in service order. */
export function requestNamesOf(requests: number): RequestName[] {
  return REQUEST_NAMES.filter((name) => (requests & KVM_REQ[name]) !== 0);
}
