import type { CommandKind } from '../../mmu/schema/index.js';

/**
 * Ends of every kind of command, for openapi.yaml: outcomes that a guest or a VMM sees, and states in
 * which the command is refused.
 */
export const COMMAND_DESCRIPTIONS: Readonly<Record<CommandKind, string>> = {
  'mov-cr0':
    'Ends as #GP above CPL 0, for a value that CR0 cannot hold, or for PDPTEs with reserved bits; as an ' +
    'exit where L1 asked to see the change.',
  'mov-cr3':
    'Ends as #GP above CPL 0, for a reserved bit, or for PDPTEs with reserved bits; as an exit where L1 ' +
    'asked to see the load.',
  'mov-cr4':
    'Ends as #GP above CPL 0, for a value that CR4 cannot hold, or for PDPTEs with reserved bits; as an ' +
    'exit where L1 asked to see the change.',
  'mov-from-cr3':
    'The value of the outcome is CR3. Ends as #GP above CPL 0, and as an exit where L1 asked to see it.',
  'wrmsr-efer':
    'Ends as #GP above CPL 0, for a bit that CPUID does not offer, or for a change of LME while paging ' +
    'is on. LMA is ignored.',
  'wrmsr-pkrs':
    'Drops nothing that is cached. Ends as #GP above CPL 0, without `pks` in CPUID, or for a value above ' +
    '32 bits.',
  wrpkru:
    'Never exits, and drops nothing that is cached. Ends as #UD without CR4.PKE, and as #GP unless ECX ' +
    'and EDX are 0.',
  invlpg:
    'An address that is not canonical does nothing. Ends as #UD for a register operand, as #GP above CPL ' +
    '0, and as an exit where L1 asked to see it.',
  invpcid:
    'Ends as #UD without `invpcid` in CPUID, as #GP above CPL 0 or for a type or descriptor that is not ' +
    'legal, and as #PF where the descriptor cannot be read.',
  vmxon:
    'Ends as #UD without CR4.VMXE, as #GP for a bit of CR0 or CR4 that VMX fixes, and as VMfail for an ' +
    'address or revision that is not valid.',
  vmxoff:
    'KVM gives up its roots for L2, and an INIT that waited takes place. Ends as #UD outside VMX ' +
    'operation, and as an exit in L2.',
  vmclear:
    'Ends as VMfail for an address that is not valid or is the VMXON region. Refused for a VMCS that ' +
    'is current on another vCPU.',
  vmptrld:
    'Another VMCS than the current one empties `guest_mmu`. Ends as VMfail for an address or revision ' +
    'that is not valid. Refused for a VMCS that is current on another vCPU.',
  vmread:
    'The value of the outcome is the field, in 32 bits outside 64-bit mode. Ends as VMfail without a ' +
    'current VMCS, or for a field that is not modelled.',
  vmwrite:
    'A field keeps as many bits as it is wide. Ends as VMfail without a current VMCS, or for a field ' +
    'that is not modelled or is read-only.',
  vmlaunch:
    'Ends as VMfail for a VMCS that was launched, or for controls or host state that are not valid; as ' +
    'an exit with bit 31 of its reason for such guest state.',
  vmresume:
    'Ends as VMfail for a VMCS that was not launched, or for controls or host state that are not valid; ' +
    'as an exit with bit 31 of its reason for such guest state.',
  invept:
    'Ends as #UD where it is not offered, as VMfail for a type or EPTP that is not accepted, and as #PF ' +
    'where the descriptor cannot be read.',
  invvpid:
    'Flushes one VPID of L2 whichever one is named. Ends as #UD where it is not offered, and as VMfail ' +
    'for a type or descriptor that is not legal.',
  vmfunc:
    'CR3, VPID and PDPTEs stay. Ends as #UD outside L2 or where L1 has not turned VM functions on, and ' +
    'as an exit for a function or entry that L1 did not allow.',
  vmexit:
    'Without a reason it is a VMCALL. L1 has its own registers again afterwards. Refused while L2 does ' +
    'not run.',
  'pv-flush':
    'The value of the outcome is the mask of vCPUs that the guest must interrupt. Refused in L2, and for ' +
    'a vCPU that does not exist or is named twice.',
  'hv-flush':
    'The value of the outcome is the result of the hypercall. Ends as #UD above CPL 0, and as an exit in ' +
    'L2. Refused without `hyperv` in CPUID.',
  vmrun:
    'Ends as #UD without EFER.SVME, and as an exit for a VMCB that is not valid. Its L2 makes accesses ' +
    'and exits only: other instructions are refused.',
  read:
    'The value of the outcome is zero-extended. Ends as #PF or #GP, as an exit to L1, or as `mmio` where no ' +
    'memslot is. Refused where memory or an ideal TLB has no room.',
  write:
    'Stores the low bytes of the value. Ends as #PF or #GP, as an exit to L1, or as `mmio` where no memslot is ' +
    'or a read-only one. Refused where memory or an ideal TLB has no room.',
  execute:
    'Fetches one byte. Ends as #PF or #GP, as an exit to L1, or as `mmio` where no memslot is. Refused where ' +
    'memory or an ideal TLB has no room.',
  'load-root':
    'The next entry builds the root after a miss. A direct MMU ignores the pgd. The vCPU is in the host ' +
    'afterwards.',
  enter:
    'Ends as error EFAULT or EINTR where KVM_RUN cannot go on, and as `shutdown` for a triple fault of L1.',
  'make-request':
    'A vCPU in the guest is kicked out, and its next entry services the request. Refused for a request ' +
    'that the kernel of the VM does not have.',
  'zap-all': 'Kicks every vCPU; each drops its obsolete roots before it enters again. Never fails.',
  'set-memslot':
    'Ends as error EINVAL for a change that KVM does not take, such as of the size, and as EEXIST where ' +
    'memslots would overlap.',
  'host-write':
    'What KVM shadows falls behind. Ends as error EINVAL for an address that is not a multiple of 8 or ' +
    'lies in no memslot.',
  preempt:
    'The vCPU is in the host afterwards; a guest that flushes by `pv-flush` leaves its flush to KVM.',
  'set-cpuid':
    'Drops the roots of every vCPU. Ends as error EINVAL for a change after a vCPU has run, under ' +
    'kernels that forbid it.',
  'get-nested-state':
    'The view of the vCPU shows the state; nothing that is cached goes. Refused for an SVM hypervisor and ' +
    'in system-management mode.',
  'set-nested-state':
    'Leaves the present nested state first. Ends as error EINVAL for state that is not valid. Refused ' +
    'for an SVM hypervisor and in system-management mode.',
  smi:
    'Turns paging off, leaves VMX operation and drops every root; L1 is not told. Refused in ' +
    'system-management mode, where no second SMI is kept.',
  rsm:
    'Loads the registers that the SMI saved, and re-enters L2 if it came from there. Ends as #UD outside ' +
    'system-management mode.',
  init:
    'Ends as an exit to L1 while L2 runs. Blocked in VMX operation and system-management mode, it takes ' +
    'place afterwards.',
  'dirty-log':
    'Pages that were writable fault at their next write, or are logged by the processor. Ends as error ' +
    'EINVAL without such a memslot.',
  'get-dirty-log':
    'The pages are clean afterwards, unless the VMM clears them by itself. Ends as error ENOENT without ' +
    'a log. Refused for more runs than an answer may hold.',
  'clear-dirty-log':
    'Flushes every TLB if a page was dirty. Ends as error EINVAL for a part that is not aligned, and as ' +
    'ENOENT without a log. Refused for a page outside the part.',
  unmap:
    'Drops what KVM has mapped of the pages, and leaves their contents. A page that holds a byte of the ' +
    'range is taken whole.',
  map:
    'KVM sees the writes of the entries, as those of a guest. Refused, with nothing written, for a range ' +
    'that cannot be mapped.',
  'set-sregs':
    'Every root goes if a register changes that the MMU depends on, and else none. Ends as error EINVAL ' +
    'for values that KVM does not take, and changes nothing then.',
  'free-roots':
    'The vCPU is in the host afterwards; its next entry loads a root anew if the current one went. Never ' +
    'fails.',
  'reset-context':
    'The vCPU is in the host afterwards, and its next entry builds the roots anew. Never fails.',
};
