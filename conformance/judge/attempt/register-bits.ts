/** The registers whose bits a case names. */
export type FlagRegister = 'cr0' | 'cr4' | 'efer';

/** Place of a named bit. A name belongs to one register only, so a case need not name that. */
export interface BitPlace {
  readonly register: FlagRegister;
  readonly mask: bigint;
}

const CR0 = { PE: 0, MP: 1, EM: 2, TS: 3, ET: 4, NE: 5, WP: 16, AM: 18, NW: 29, CD: 30, PG: 31 };
const CR4 = {
  VME: 0,
  PVI: 1,
  TSD: 2,
  DE: 3,
  PSE: 4,
  PAE: 5,
  MCE: 6,
  PGE: 7,
  PCE: 8,
  OSFXSR: 9,
  OSXMMEXCPT: 10,
  UMIP: 11,
  LA57: 12,
  VMXE: 13,
  SMXE: 14,
  FSGSBASE: 16,
  PCIDE: 17,
  OSXSAVE: 18,
  SMEP: 20,
  SMAP: 21,
  PKE: 22,
  CET: 23,
  PKS: 24,
  LAM_SUP: 28,
};
const EFER = { SCE: 0, LME: 8, LMA: 10, NX: 11, NXE: 11 };

const PLACES = new Map<string, BitPlace>([
  ...placesOf('cr0', CR0),
  ...placesOf('cr4', CR4),
  ...placesOf('efer', EFER),
]);

/** @returns Where the bit lies, or undefined if no register has one of that name. */
export function bitPlaceOf(name: string): BitPlace | undefined {
  return PLACES.get(name.toUpperCase());
}

/** The mask of a bit that must exist. */
export function bitMask(register: FlagRegister, name: string): bigint {
  const place = PLACES.get(name);
  if (place?.register !== register)
    throw new Error(`Cannot find bit "${name}": not in ${register}`);
  return place.mask;
}

/** Set or clear the bits of a mask. */
export function withBits(value: bigint, mask: bigint, on: boolean): bigint {
  return on ? value | mask : value & ~mask;
}

/** CPUID features by the name of the register bit that they allow, where the names differ. */
const FEATURE: Readonly<Record<string, string>> = {
  pcide: 'pcid',
  vmxe: 'vmx',
  smxe: 'smx',
  pke: 'pku',
  osxsave: 'xsave',
  lam_sup: 'lam',
  nxe: 'nx',
};

/** The model's name of the CPUID feature that a case calls by its own or by its bit's name. */
export function featureOf(name: string): string {
  const lower = name.toLowerCase();
  return FEATURE[lower] ?? lower;
}

function placesOf(register: FlagRegister, bits: Record<string, number>): [string, BitPlace][] {
  return Object.entries(bits).map(([name, bit]) => [name, { register, mask: 1n << BigInt(bit) }]);
}
