/**
 * The parts of a state by number: CPUID with memslots and VMCS regions, memory, shadow pages, then
 * four of each vCPU, then the oracle.
 */
export const BOARD = 0;
export const MEMORY = 1;
export const SHADOW = 2;
const FIRST_OF_VCPUS = 3;

/** Parts of a vCPU: its registers with all that is small, its two MMUs, its TLB. */
export const CORE = 0;
export const ROOT_MMU = 1;
export const GUEST_MMU = 2;
export const TLB = 3;
const VCPU_PARTS = 4;

/** @param part {@link CORE}, {@link ROOT_MMU}, {@link GUEST_MMU} or {@link TLB}. */
export function placeOf(vcpu: number, part: number): number {
  return FIRST_OF_VCPUS + VCPU_PARTS * vcpu + part;
}

/** The last place. */
export function oraclePlace(vcpus: number): number {
  return FIRST_OF_VCPUS + VCPU_PARTS * vcpus;
}

export function isVcpuPlace(place: number, vcpus: number): boolean {
  return place >= FIRST_OF_VCPUS && place < oraclePlace(vcpus);
}

/** The vCPU of a place that is one of a vCPU. */
export function vcpuOf(place: number): number {
  return Math.floor((place - FIRST_OF_VCPUS) / VCPU_PARTS);
}

/** The part that is in such a place. */
export function partOf(place: number): number {
  return (place - FIRST_OF_VCPUS) % VCPU_PARTS;
}
