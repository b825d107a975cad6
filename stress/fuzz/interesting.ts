/** Number of VMs that requests name. */
export const SLOTS = 12;

/** Placeholder for the VM in a slot, whose id is known only when the request is sent. */
export const SLOT_PATTERN = /slot-(\d+)/g;

const FEW_NUMBERS = ['0', '1', '2', '3', '5', '8', '13', '40', '100', '1000'];

const ADDRESSES = [
  ...['0x0', '0x1000', '0x2000', '0x3000', '0x10000', '0x100000', '0x101000', '0x102001'],
  ...['0x200000', '0x3fffff', '0x40000000', '0x8000000000', '0x10001e', '0x10005e', '0x20001e'],
  ...['0x1', '0x7', '0xfff', '0x80000011', '0x80010033', '0x20', '0x26a0', '0x2020', '0xd01'],
];

/**
 * Useful values, by the name or the pattern of their schema, or by the name of the parameter in braces.
 * Random values are seldom of use: an address of 64 random bits is not canonical, and a random VM does
 * not exist.
 */
export const INTERESTING: Readonly<Record<string, readonly unknown[]>> = {
  '{vcpu}': ['0', '0', '0', '0', '0', '1'],
  '{hpa}': ['0x100000000', '0x100100000', '0x100200000', '0x100001000'],
  VmId: Array.from({ length: SLOTS }, (_, slot) => `slot-${slot}`),
  VcpuIndex: [0, 0, 0, 0, 1],
  SnapshotName: ['a', 'b', 'c'],
  VmName: ['fuzzed', 'other'],
  VmTags: [{}, { suite: 'fuzz' }, { suite: 'fuzz', worker: '1' }],
  Hex64: [...ADDRESSES, '0x8000000000000000', '0xffffffffffffffff', '0xffff800000000000'],
  PhysicalAddress: ADDRESSES,
  Operand64: [0, 1, 2, 3, 4, '0x0', '0x1', '0x1000'],
  Digits: FEW_NUMBERS,
  '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}:[ -~]{1,128}$': ['suite:fuzz', 'worker:1'],
  '^[\\x21-\\x7e]{1,255}$': Array.from({ length: 40 }, (_, i) => `key-${i}`),
  '^(?:\\*|(?:W\\/)?"[\\x21\\x23-\\x7e]*"(?: *, *(?:W\\/)?"[\\x21\\x23-\\x7e]*")*)$': [
    ...['*', '*', '*', '"0"', '"1"', 'W/"1"', '"1", "2"'],
  ],
};
