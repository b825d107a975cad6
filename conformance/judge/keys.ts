import { bitPlaceOf } from './attempt/register-bits.js';
import type { ArchitectureCase } from './case.js';

/** The parts of a case whose keys depend on its area. */
const PARTS = ['setup', 'args', 'expect'] as const;
type Part = (typeof PARTS)[number];

/**
 * The keys that cases have, whatever their area. A key that stands here may have no rule in the
 * area of a case, which is then skipped by name; any other key is a mistake of who wrote the case.
 */
const KEYS: Readonly<Record<Part, ReadonlySet<string>>> = {
  setup: words(`
    note label case caps source interface
    mode context vmx paging guest host maxphyaddr cpuid cr0 cr3 cr4 efer cpl eflags_ac
    insn operand prefix mapping memory_operand gpa va ptr event
    smep smap smx pke pks nxe pcide pge g lam control enabled target
    pkey pkru pkru_key1 pkrs pte_pkey exec exec_user
    pte pde pdpte pml4e pml5e bit tables reserved shadow fault_level invlpg_first pdpte_source
    ept ept12 entry walk level large_page mbec ve_control perm invept invlpg invpcid
    eptp eptp_a eptp_b eptp_ad eptp_list eptp_list_address eptp_switching list function_bits
    ept_vpid_cap ept_perm_of_guest_pt_page guest_pte guest_pte_ad
    vpid vpid12 vpid02 last_vpid current_vmcs preset_error_field l2 nested
    tdp npt_pte gmet guest_nx/smep shadow_root_level smm pcpu hypercall dirty_log
    procbased_ctls2_ept procbased_ctls2_vpid misc_cr3_targets
    unrestricted_guest pml pml_address pml_index cr0_mask cr4_mask cr3_target_count cr3_targets
    cr3_intercept load_host_efer load_guest_efer host_64 host_rip guest_64 cached_entry
  `),
  args: words(`
    type desc_lo desc_hi addr gla value set clear toggle field eax ecx by steps
    kind user page pointer gpa gva perm set_bit set_or_clear_bit memtype_bits_5_3
    entry_level entry_low_bits large_page reserved_bit bit pte pde pdpte pml4e
    ept eptp eptp_list_address vpid mbec pml pml_address unrestricted_guest
    cr3_target_count cr3_targets guest_64 host_64 host_rip
  `),
  expect: words(`
    outcome choices vector error_code error reason basic qualification errno
    required correct buggy note side_effect flags error_field_unchanged state
    cr0 cr3 cr4 efer pcid lma flush gpa pte_after guest_pte_after pte_has
    dirty_bitmap_page exitinfo1
  `),
};

/** Keys that are made of the name of a register, a feature or an entry, and what is said of it. */
const FAMILIES: Readonly<Record<Part, readonly RegExp[]>> = {
  setup: [
    /^(?:va|ptr)\d+$/,
    /^(?:cpuid|cap)_\w+$/,
    /^\w+_(?:supported|cap|ctl|exiting)$/,
    /^(?:host|guest)_(?:cr[034]|efer)(?:_\w+)?$/,
  ],
  args: [/^(?:pte|pde|pdpte|pml4e)_P$/, /^(?:host|guest)_(?:cr[034]|efer)(?:_\w+)?$/],
  expect: [],
};

/** @returns The first key that no case has, as `"moon" in setup`; null if there is none. */
export function strangeKeyIn(item: ArchitectureCase): string | null {
  for (const part of PARTS) {
    const strange = Object.keys(item[part]).find((key) => !isKnown(part, key));
    if (strange !== undefined) return `"${strange}" in ${part}`;
  }
  return null;
}

function isKnown(part: Part, key: string): boolean {
  if (KEYS[part].has(key) || FAMILIES[part].some((family) => family.test(key))) return true;
  const [, bit] = /^(?:cr0|cr4|efer)_(\w+)$/.exec(key) ?? [];
  return part === 'setup' && bit !== undefined && bitPlaceOf(bit) !== undefined;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
