import { bitsOf, isVisibleGfn, VMCS12_REVISION, type Word } from '../machine/index.js';
import type { Vm } from '../state/index.js';

/**
 * Whether an address may be that of a VMXON or VMCS region: a page below MAXPHYADDR.
 *
 * @see Linux `nested_vmx_get_vmptr()`, `page_address_valid()`, arch/x86/kvm/vmx/nested.c
 */
export function isRegionAddress({ config }: Vm, address: Word): boolean {
  return address.low === 0 && bitsOf(address, { high: 63, low: config.maxphyaddr }) === 0;
}

/**
 * Whether a region at such an address has KVM's revision. Where no memslot is KVM reads none.
 *
 * @param revision The identifier that L1 stored there.
 * @see Linux `handle_vmxon()`, `handle_vmptrld()`, arch/x86/kvm/vmx/nested.c
 */
export function hasRegionRevision({ memory }: Vm, { page }: Word, revision: number): boolean {
  return isVisibleGfn(memory, page) && revision === VMCS12_REVISION;
}
