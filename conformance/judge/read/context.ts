import { type MachineSpec, setRegisterBit } from '../attempt/machine-spec.js';
import { Unreadable } from '../attempt/unreadable.js';

type Phrase = readonly [RegExp, (spec: MachineSpec, found: RegExpExecArray) => void];

/** Phrases about the executing processor. The first that fits the text's head is taken. */
const PHRASES: readonly Phrase[] = [
  [/^not in VMX non-root(?: operation)?/i, (spec) => setVmx(spec, 'outside')],
  [/^(?:outside(?: of)?|not in) VMX(?: operation)?/i, (spec) => setVmx(spec, 'outside')],
  [/^(?:in )?(?:VMX )?non-root(?: operation)?/i, (spec) => setVmx(spec, 'non-root')],
  [/^(?:in )?VMX (?:root(?: operation)?|operation)/i, (spec) => setVmx(spec, 'root')],
  [/^unrestricted guest (on|off)/i, setUnrestrictedGuest],
  [/^CPL ?=? ?([0-3])/i, setCpl],
  [
    /^(?:64-bit(?: mode| code segment| code)?|long mode|IA-32e mode)/i,
    (spec) => setLongMode(spec, true),
  ],
  [/^compatibility(?: mode)?/i, (spec) => setLongMode(spec, false)],
  [/^(?:virtual-8086(?: mode)?|v8086|RFLAGS\.VM ?= ?1)/i, setVirtual8086],
  [/^real(?:-address)?(?: mode)?/i, (spec) => setRegisterBit(spec, 'PE', false)],
  [/^PAE(?: paging| 32-bit)/i, (spec) => setLegacyPaging(spec, true)],
  [/^32-bit (?:paging|non-PAE)/i, (spec) => setLegacyPaging(spec, false)],
  [/^(?:32-bit )?protected(?: mode)?/i, setProtected],
  [/^(?:32-bit|legacy)(?: mode)?/i, (spec) => setLegacyPaging(spec, true)],
  [/^4-level paging/i, (spec) => setRegisterBit(spec, 'LA57', false)],
  [/^5-level paging/i, (spec) => setRegisterBit(spec, 'LA57', true)],
  [/^(shadow|EPT|TDP)(?: paging)? host/i, setHostPaging],
  [/^paging (on|off)/i, (spec, found) => setRegisterBit(spec, 'PG', isOn(found))],
  [/^CS\.L ?= ?([01])/i, setCsL],
  [/^(?:(?:CR0|CR4|EFER)\.)?([A-Z][A-Z0-9_]*) ?= ?([01])/, setNamedBit],
];

const SEPARATORS = /^(?:[\s,;()]|and\b)+/;

/**
 * Puts the executing processor into the mode that a text describes, such as
 * `VMX root, CPL0, 64-bit` or `protected, EFER.LME=1, CR4.PAE=0`.
 *
 * @throws {Unreadable} If any part of the text is none of the known phrases.
 */
export function readContext(spec: MachineSpec, text: string): void {
  let rest = text.replace(SEPARATORS, '');
  while (rest !== '') {
    const found = firstPhrase(rest);
    if (found === null) throw new Unreadable(`context "${rest}"`);
    found.apply(spec, found.match);
    rest = rest.slice(found.match[0].length).replace(SEPARATORS, '');
  }
}

function firstPhrase(text: string) {
  for (const [pattern, apply] of PHRASES) {
    const match = pattern.exec(text);
    if (match !== null) return { apply, match };
  }
  return null;
}

function setVmx(spec: MachineSpec, vmx: MachineSpec['vmx']): void {
  spec.vmx = vmx;
}

function setUnrestrictedGuest({ capabilities }: MachineSpec, found: RegExpExecArray): void {
  capabilities.unrestrictedGuest = isOn(found);
}

function setCpl({ regs }: MachineSpec, found: RegExpExecArray): void {
  regs.cpl = Number(found[1]);
}

function setLongMode(spec: MachineSpec, is64Bit: boolean): void {
  for (const bit of ['PE', 'PG', 'PAE', 'LMA']) setRegisterBit(spec, bit, true);
  spec.regs.csL = is64Bit;
}

/** Long mode has no virtual-8086 mode, and code in it always has privilege level 3. */
function setVirtual8086(spec: MachineSpec): void {
  setLegacyPaging(spec, true);
  spec.regs.vm86 = true;
  spec.regs.cpl = 3;
}

function setLegacyPaging(spec: MachineSpec, pae: boolean): void {
  setRegisterBit(spec, 'LMA', false);
  setRegisterBit(spec, 'PG', true);
  setRegisterBit(spec, 'PAE', pae);
}

/** Protected mode without paging: where a case wants paging, it names its kind. */
function setProtected(spec: MachineSpec): void {
  setRegisterBit(spec, 'PE', true);
  setRegisterBit(spec, 'LMA', false);
  setRegisterBit(spec, 'PG', false);
}

function setHostPaging(spec: MachineSpec, found: RegExpExecArray): void {
  spec.paging = found[1]?.toLowerCase() === 'shadow' ? 'shadow' : 'ept';
}

function setCsL({ regs }: MachineSpec, found: RegExpExecArray): void {
  regs.csL = found[1] === '1';
}

function setNamedBit(spec: MachineSpec, found: RegExpExecArray): void {
  setRegisterBit(spec, found[1] ?? '', found[2] === '1');
}

function isOn(found: RegExpExecArray): boolean {
  return found[1]?.toLowerCase() === 'on';
}
