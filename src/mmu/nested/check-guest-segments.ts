import {
  bitsOf,
  isFlagWord,
  VM_ENTRY_IA32E_MODE,
  VMCS,
  type Word,
  wordToNumber,
  X86_CR0_PE,
  X86_EFLAGS_VM,
} from '../machine/index.js';
import { fieldOf, flagsOf, hasEntryControl, type Vm, type Vmcs12 } from '../state/index.js';
import { isCanonicalField } from './field-forms.js';
import { isUnrestricted } from './fixed-bits.js';

/** Attributes of a segment in a VMCS. @see Intel SDM Vol. 3C, "Format of Access Rights" */
const AR_S = 0x10;
const AR_P = 0x80;
const AR_L = 0x2000;
const AR_DB = 0x4000;
const AR_G = 0x8000;
const AR_UNUSABLE = 0x10000;
const AR_RESERVED = 0xfffe0f00;
/** Access rights in virtual-8086 mode: data, read-write, accessed, DPL 3, present. */
const AR_VM86 = 0xf3;

const SELECTOR_TI = 0x4;
const LIMIT_VM86 = 0xffff;

interface Segment {
  readonly selector: number;
  readonly base: Word;
  readonly limit: number;
  readonly rights: number;
}

type SegmentName = 'ES' | 'CS' | 'SS' | 'DS' | 'FS' | 'GS' | 'LDTR' | 'TR';

/** The segments that hold code or data, and those of them that only hold data. */
const DATA = ['DS', 'ES', 'FS', 'GS'] as const;
const CODE_AND_DATA = ['CS', 'SS', ...DATA] as const;

/**
 * Whether VM entry accepts the guest's segment and descriptor-table registers.
 *
 * @see Intel SDM Vol. 3C, "Checks on Guest Segment Registers"; "Checks on Guest Descriptor-Table
 * Registers"
 */
export function areGuestSegmentsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const isVm86 = (flagsOf(vmcs12, VMCS.GUEST_RFLAGS) & X86_EFLAGS_VM) !== 0;
  return (
    (isVm86 ? areVm86Segments(vmcs12) : areCodeAndDataValid(vmcs12)) &&
    areBasesValid(vm, vmcs12) &&
    isTrValid(vmcs12) &&
    isLdtrValid(vmcs12) &&
    areDescriptorTablesValid(vm, vmcs12)
  );
}

/** Current privilege level of a guest: the DPL of SS. */
export function guestCplOf(vmcs12: Vmcs12): number {
  return dplOf(flagsOf(vmcs12, VMCS.GUEST_SS_AR_BYTES));
}

/** Whether the guest's code segment is a 64-bit one. */
export function isGuestCs64Bit(vmcs12: Vmcs12): boolean {
  return (flagsOf(vmcs12, VMCS.GUEST_CS_AR_BYTES) & AR_L) !== 0;
}

/** Fields of each segment: to put their names together at every entry would take as long as to check them. */
const FIELDS = Object.fromEntries(
  ([...CODE_AND_DATA, 'LDTR', 'TR'] as const).map((name) => [
    name,
    {
      selector: VMCS[`GUEST_${name}_SELECTOR`],
      base: VMCS[`GUEST_${name}_BASE`],
      limit: VMCS[`GUEST_${name}_LIMIT`],
      rights: VMCS[`GUEST_${name}_AR_BYTES`],
    },
  ]),
) as Readonly<Record<SegmentName, Readonly<Record<keyof Segment, number>>>>;

function segmentOf(vmcs12: Vmcs12, name: SegmentName): Segment {
  const { selector, base, limit, rights } = FIELDS[name];
  return {
    selector: flagsOf(vmcs12, selector),
    base: fieldOf(vmcs12, base),
    limit: flagsOf(vmcs12, limit),
    rights: flagsOf(vmcs12, rights),
  };
}

function areVm86Segments(vmcs12: Vmcs12): boolean {
  return CODE_AND_DATA.every((name) => {
    const { selector, base, limit, rights } = segmentOf(vmcs12, name);
    return wordToNumber(base) === selector * 16 && limit === LIMIT_VM86 && rights === AR_VM86;
  });
}

function areCodeAndDataValid(vmcs12: Vmcs12): boolean {
  const cs = segmentOf(vmcs12, 'CS');
  const ss = segmentOf(vmcs12, 'SS');
  const unrestricted = isUnrestricted(vmcs12);
  return (
    isCsValid(vmcs12, cs, ss) &&
    isSsValid(vmcs12, cs, ss) &&
    DATA.every((name) => isDataValid(segmentOf(vmcs12, name), unrestricted))
  );
}

function isCsValid(vmcs12: Vmcs12, { limit, rights }: Segment, ss: Segment): boolean {
  const type = typeOf(rights);
  const isAccessedCode = (type & 9) === 9;
  const isLong = hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE);
  if (!isAccessedCode && !(type === 3 && isUnrestricted(vmcs12))) return false;
  const dpl = dplOf(rights);
  const isConforming = (type & 4) !== 0;
  if (type === 3 && dpl !== 0) return false;
  if (isAccessedCode && (isConforming ? dpl > dplOf(ss.rights) : dpl !== dplOf(ss.rights))) {
    return false;
  }
  if (isLong && (rights & AR_L) !== 0 && (rights & AR_DB) !== 0) return false;
  return isUsable(rights) && isPresentSegment(rights, AR_S) && isGranularityValid(limit, rights);
}

function isSsValid(vmcs12: Vmcs12, cs: Segment, { selector, limit, rights }: Segment): boolean {
  const dpl = dplOf(rights);
  if (!isUnrestricted(vmcs12)) {
    if ((selector & 3) !== (cs.selector & 3) || dpl !== (selector & 3)) return false;
  }
  const isProtected = (flagsOf(vmcs12, VMCS.GUEST_CR0) & X86_CR0_PE) !== 0;
  if ((typeOf(cs.rights) === 3 || !isProtected) && dpl !== 0) return false;
  if (!isUsable(rights)) return true;
  const isWritableData = typeOf(rights) === 3 || typeOf(rights) === 7;
  return isWritableData && isPresentSegment(rights, AR_S) && isGranularityValid(limit, rights);
}

function isDataValid({ selector, limit, rights }: Segment, unrestricted: boolean): boolean {
  if (!isUsable(rights)) return true;
  const type = typeOf(rights);
  const isCode = (type & 8) !== 0;
  const isAccessed = (type & 1) !== 0;
  const isReadable = !isCode || (type & 2) !== 0;
  if (!unrestricted && type < 12 && dplOf(rights) < (selector & 3)) return false;
  return (
    isAccessed && isReadable && isPresentSegment(rights, AR_S) && isGranularityValid(limit, rights)
  );
}

function areBasesValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const base = (name: SegmentName) => fieldOf(vmcs12, VMCS[`GUEST_${name}_BASE`]);
  const rights = (name: SegmentName) => flagsOf(vmcs12, VMCS[`GUEST_${name}_AR_BYTES`]);
  return (
    (['TR', 'FS', 'GS'] as const).every((name) => isCanonicalField(vm, base(name))) &&
    (!isUsable(rights('LDTR')) || isCanonicalField(vm, base('LDTR'))) &&
    isFlagWord(base('CS')) &&
    (['SS', 'DS', 'ES'] as const).every((name) => !isUsable(rights(name)) || isFlagWord(base(name)))
  );
}

/** A busy TSS: of 64 bits in IA-32e mode, otherwise of 16 or 32. */
function isTrValid(vmcs12: Vmcs12): boolean {
  const { selector, limit, rights } = segmentOf(vmcs12, 'TR');
  const type = typeOf(rights);
  const isLong = hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE);
  return (
    (selector & SELECTOR_TI) === 0 &&
    (type === 11 || (type === 3 && !isLong)) &&
    isUsable(rights) &&
    isPresentSegment(rights, 0) &&
    isGranularityValid(limit, rights)
  );
}

function isLdtrValid(vmcs12: Vmcs12): boolean {
  const { selector, limit, rights } = segmentOf(vmcs12, 'LDTR');
  if (!isUsable(rights)) return true;
  return (
    (selector & SELECTOR_TI) === 0 &&
    typeOf(rights) === 2 &&
    isPresentSegment(rights, 0) &&
    isGranularityValid(limit, rights)
  );
}

function areDescriptorTablesValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const isBase = (field: number) => isCanonicalField(vm, fieldOf(vmcs12, field));
  const isLimit = (field: number) => bitsOf(fieldOf(vmcs12, field), { high: 31, low: 16 }) === 0;
  return (
    isBase(VMCS.GUEST_GDTR_BASE) &&
    isBase(VMCS.GUEST_IDTR_BASE) &&
    isLimit(VMCS.GUEST_GDTR_LIMIT) &&
    isLimit(VMCS.GUEST_IDTR_LIMIT)
  );
}

function isPresentSegment(rights: number, s: number): boolean {
  return (rights & AR_S) === s && (rights & AR_P) !== 0 && (rights & AR_RESERVED) === 0;
}

/** A limit in bytes has its high bits clear; one in pages has its low bits set. */
function isGranularityValid(limit: number, rights: number): boolean {
  const isInPages = (rights & AR_G) !== 0;
  return isInPages ? (limit & 0xfff) === 0xfff : limit >>> 20 === 0;
}

function isUsable(rights: number): boolean {
  return (rights & AR_UNUSABLE) === 0;
}

function typeOf(rights: number): number {
  return rights & 0xf;
}

function dplOf(rights: number): number {
  return (rights >> 5) & 3;
}
