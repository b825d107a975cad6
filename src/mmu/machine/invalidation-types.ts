/** Types of INVPCID. @see Linux `INVPCID_TYPE_*`, arch/x86/include/asm/invpcid.h */
export const INVPCID_TYPE_INDIV_ADDR = 0;
export const INVPCID_TYPE_SINGLE_CTXT = 1;
export const INVPCID_TYPE_ALL_INCL_GLOBAL = 2;
export const INVPCID_TYPE_ALL_NON_GLOBAL = 3;

export type InvpcidType = 0 | 1 | 2 | 3;

/** Types of INVVPID. @see Linux `VMX_VPID_EXTENT_*`, arch/x86/include/asm/vmx.h */
export const VMX_VPID_EXTENT_INDIVIDUAL_ADDR = 0;
export const VMX_VPID_EXTENT_SINGLE_CONTEXT = 1;
export const VMX_VPID_EXTENT_ALL_CONTEXT = 2;
export const VMX_VPID_EXTENT_SINGLE_NON_GLOBAL = 3;

/** Types of INVEPT. @see Linux `VMX_EPT_EXTENT_*`, arch/x86/include/asm/vmx.h */
export const VMX_EPT_EXTENT_CONTEXT = 1;
export const VMX_EPT_EXTENT_GLOBAL = 2;
