/** Parts of a machine that the model leaves out, in the words that one would search for. */
export const NOT_MODELLED: readonly string[] = [
  'Host memory: a shadow leads to guest frames, by pages of 4 KiB.',
  'Paging-structure caches: a TLB holds whole translations.',
  'Devices: an access where no memslot is, or a write in a read-only one, ends as outcome `mmio`.',
  'Shadow stacks.',
  'Interrupts, I/O and other exits that no command names.',
  'Nested SVM beyond VMRUN, and accesses and exits of its L2.',
  'CPUID that differs from vCPU to vCPU.',
  'SMRAM: in system-management mode the memslots are the same.',
  'Hyper-V and Xen enlightenments.',
];
