/** Names that AMD's exits, and older kernels, have for the reasons that a price may follow from. */
const SAME: Readonly<Record<string, string>> = {
  HYPERCALL: 'VMCALL',
  VMMCALL: 'VMCALL',
  NPF: 'EPT_VIOLATION',
  'PF EXCP': 'PAGE_FAULT',
  EXCP_PF: 'PAGE_FAULT',
  WRITE_CR3: 'MOV_CR3',
  CR3_WRITE_TRAP: 'MOV_CR3',
  VMRUN: 'VMRESUME',
};

/**
 * One name for an exit reason, whatever the tool, kernel and vendor call it.
 *
 * @see Linux `VMX_EXIT_REASONS`, arch/x86/include/uapi/asm/vmx.h
 * @see Linux `SVM_EXIT_REASONS`, arch/x86/include/uapi/asm/svm.h
 */
export function exitNameOf(text: string): string {
  const name = text
    .trim()
    .replace(/\s+/g, ' ')
    .toUpperCase()
    .replace(/^(?:EXIT_REASON|SVM_EXIT|VMEXIT)_/, '');
  return SAME[name] ?? name;
}
