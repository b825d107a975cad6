import { type Bench, setRegisterBit } from './bench.js';
import { Unreadable } from './reading.js';

type Phrase = readonly [RegExp, (bench: Bench, found: RegExpExecArray) => void];

/** What may be said about who executes. The first phrase that fits the text's head is taken. */
const PHRASES: readonly Phrase[] = [
  [/^not in VMX non-root(?: operation)?/i, (bench) => setVmx(bench, 'outside')],
  [/^(?:outside(?: of)?|not in) VMX(?: operation)?/i, (bench) => setVmx(bench, 'outside')],
  [/^(?:in )?(?:VMX )?non-root(?: operation)?/i, (bench) => setVmx(bench, 'non-root')],
  [/^(?:in )?VMX (?:root(?: operation)?|operation)/i, (bench) => setVmx(bench, 'root')],
  [/^unrestricted guest (on|off)/i, setUnrestrictedGuest],
  [/^CPL ?=? ?([0-3])/i, setCpl],
  [
    /^(?:64-bit(?: mode| code segment| code)?|long mode|IA-32e mode)/i,
    (bench) => setLongMode(bench, true),
  ],
  [/^compatibility(?: mode)?/i, (bench) => setLongMode(bench, false)],
  [/^(?:virtual-8086(?: mode)?|v8086|RFLAGS\.VM ?= ?1)/i, setVirtual8086],
  [/^real(?:-address)?(?: mode)?/i, (bench) => setRegisterBit(bench, 'PE', false)],
  [/^PAE(?: paging| 32-bit)/i, (bench) => setLegacyPaging(bench, true)],
  [/^32-bit (?:paging|non-PAE)/i, (bench) => setLegacyPaging(bench, false)],
  [/^(?:32-bit )?protected(?: mode)?/i, setProtected],
  [/^(?:32-bit|legacy)(?: mode)?/i, (bench) => setLegacyPaging(bench, true)],
  [/^4-level paging/i, (bench) => setRegisterBit(bench, 'LA57', false)],
  [/^5-level paging/i, (bench) => setRegisterBit(bench, 'LA57', true)],
  [/^(shadow|EPT|TDP)(?: paging)? host/i, setHostPaging],
  [/^paging (on|off)/i, (bench, found) => setRegisterBit(bench, 'PG', isOn(found))],
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
export function readContext(bench: Bench, text: string): void {
  let rest = text.replace(SEPARATORS, '');
  while (rest !== '') {
    const found = firstPhrase(rest);
    if (found === null) throw new Unreadable(`context "${rest}"`);
    found.apply(bench, found.match);
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

function setVmx(bench: Bench, vmx: Bench['vmx']): void {
  bench.vmx = vmx;
}

function setUnrestrictedGuest({ capabilities }: Bench, found: RegExpExecArray): void {
  capabilities.unrestrictedGuest = isOn(found);
}

function setCpl({ regs }: Bench, found: RegExpExecArray): void {
  regs.cpl = Number(found[1]);
}

function setLongMode(bench: Bench, is64Bit: boolean): void {
  for (const bit of ['PE', 'PG', 'PAE', 'LMA']) setRegisterBit(bench, bit, true);
  bench.regs.csL = is64Bit;
}

/** Long mode has no virtual-8086 mode, and code in it always has privilege level 3. */
function setVirtual8086(bench: Bench): void {
  setLegacyPaging(bench, true);
  bench.regs.vm86 = true;
  bench.regs.cpl = 3;
}

function setLegacyPaging(bench: Bench, pae: boolean): void {
  setRegisterBit(bench, 'LMA', false);
  setRegisterBit(bench, 'PG', true);
  setRegisterBit(bench, 'PAE', pae);
}

/** Protected mode without paging: where a case wants paging, it names its kind. */
function setProtected(bench: Bench): void {
  setRegisterBit(bench, 'PE', true);
  setRegisterBit(bench, 'LMA', false);
  setRegisterBit(bench, 'PG', false);
}

function setHostPaging(bench: Bench, found: RegExpExecArray): void {
  bench.paging = found[1]?.toLowerCase() === 'shadow' ? 'shadow' : 'ept';
}

function setCsL({ regs }: Bench, found: RegExpExecArray): void {
  regs.csL = found[1] === '1';
}

function setNamedBit(bench: Bench, found: RegExpExecArray): void {
  setRegisterBit(bench, found[1] ?? '', found[2] === '1');
}

function isOn(found: RegExpExecArray): boolean {
  return found[1]?.toLowerCase() === 'on';
}
