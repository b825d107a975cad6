/** Words that the kernel and the tools print in the fields of events. */
const WORDS: ReadonlySet<string> = new Set(
  [
    'vcpu rip reason info info1 info2 intr_info error_code requests immediate exit address = ->',
    'sp gen gfn direct invalid nxe ad root sync unsync new existing pae pge wp smep smap cr4_pae',
    'addr pferr P W U R F pte level spte at pfn as id as_id old_spte new_spte cr_write cr_read',
    'vmcs vmcb nested_rip int_ctl event_inj guest cr3 nested_eptp nested_cr3 eptp ncr3 npt',
    'int_info int_info_err ext_inf1 ext_inf2 ext_int ext_int_err',
    'valid_gen next_valid_gen reload_l1_gen kvm-mmu-valid-gen used_pages',
    'excp PF GP UD NM interrupt npf io msr hypercall vintr shutdown prot16 prot32 prot64 real',
    'spurious fixed gva sptep old new kvm kvm_intel kvm_amd',
  ].flatMap((line) => line.split(' ')),
);

/** Numbers in any form, and levels, sizes and quadrants: `l1`, `8-byte`, `q0`, `1/4`. */
const NUMBER = /^(?:0x)?[\da-f]+$|^(?:l\d|\d-byte|q\d|\d\/\d)$/i;
/** Rights of a page (`wux`, `r-xu`), error bits (`P|W`), names in capitals, and a field with its value. */
const FIELD =
  /^(?:[-rwxus]{3,4}|[PWURFS](?:\|[PWURFS])+|[A-Z][A-Z\d_]{2,}|\w+=.*|[\da-f]+:[\da-f]+)$/;
/** Signs around a word that are no part of it. */
const SIGNS = /^[[(!]+|[\])),:]+$/g;

/**
 * Whether a line may be the rest of an event that a mail client wrapped: it has numbers and words of
 * events, and nothing else. Somebody's remark has other words.
 */
export function isRestOfEvent(line: string): boolean {
  return line.split(/\s+/).every((piece) => {
    const word = piece.replace(SIGNS, '');
    return word === '' || NUMBER.test(word) || WORDS.has(word) || FIELD.test(word);
  });
}
