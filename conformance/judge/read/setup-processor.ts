import { MAPPED_GVA, PDPTE_RESERVED, PDPTE_VALID } from '../attempt/guest-memory.js';
import { type MachineSpec, offerFeature, setRegisterBit } from '../attempt/machine-spec.js';
import { bitPlaceOf, featureOf } from '../attempt/register-bits.js';
import { Unreadable } from '../attempt/unreadable.js';
import { readContext } from './context.js';
import { flagOf, textOf, wordOf } from './reading.js';
import { CAPABILITY_BITS, gprOf } from './vmx-names.js';

/** Applies what a case says under one key. */
export type Apply = (spec: MachineSpec, value: unknown) => void;

/** Keys about the processor: modes, features, registers, the form of the instruction. */
export const PROCESSOR_KEYS: Readonly<Record<string, Apply>> = {
  note: () => {},
  interface: () => {},
  maxphyaddr: setMaxphyaddr,
  cpuid: (spec, value) => setCpuid(spec, textOf(value)),
  ept_vpid_cap: (spec, value) => {
    spec.capabilities.eptVpidCap = wordOf(value);
  },
  procbased_ctls2_ept: (spec, value) => {
    spec.capabilities.ept = flagOf(value);
  },
  procbased_ctls2_vpid: (spec, value) => {
    spec.capabilities.vpid = flagOf(value);
  },
  misc_cr3_targets: (spec, value) => {
    spec.capabilities.cr3TargetCountMax = Number(wordOf(value));
  },
  mode: (spec, value) => readContext(spec, textOf(value)),
  context: (spec, value) => readContext(spec, textOf(value)),
  vmx: (spec, value) => readContext(spec, textOf(value)),
  current_vmcs: (spec, value) => {
    spec.hasCurrentVmcs = flagOf(value);
  },
  preset_error_field: (spec, value) => {
    spec.presetError = Number(wordOf(value));
  },
  paging: (spec, value) => {
    if (!flagOf(value)) setRegisterBit(spec, 'PG', false);
  },
  cr0: (spec, value) => setRegister(spec, 'cr0', value),
  cr3: (spec, value) => {
    spec.regs.cr3 = wordOf(value);
  },
  cr4: (spec, value) => setRegister(spec, 'cr4', value),
  efer: (spec, value) => setRegister(spec, 'efer', value),
  pkru: (spec, value) => {
    spec.pkru = wordOf(value);
  },
  pkrs: (spec, value) => {
    spec.pkrs = wordOf(value);
  },
  pkru_key1: (spec, value) => {
    spec.pkru = keyRightsIn(value) << 2n;
  },
  lam: setLam,
  insn: (spec, value) => {
    spec.gpr = gprOf(textOf(value)) ?? 0;
  },
  operand: (spec, value) => {
    spec.encoding = isText(value, /register/i) ? 'register' : 'memory';
  },
  prefix: (spec, value) => {
    if (!isText(value, /^LOCK$/i)) throw new Unreadable(`prefix ${String(value)}`);
    spec.encoding = 'lock';
  },
  // A translation or its absence is nothing that an instruction without a page walk could notice.
  mapping: () => {},
  memory_operand: (spec, value) => setDescriptor(spec, textOf(value)),
  bit: (spec, value) => {
    spec.bit = wordOf(value);
  },
  pdpte: (spec, value) => setPdpte(spec, value),
};

type Pattern = readonly [RegExp, (spec: MachineSpec, name: string, value: unknown) => void];

/** Keys that name a feature or a capability, like `cpuid_nx`: what the others rest on. */
export const FEATURE_PATTERNS: readonly Pattern[] = [
  [/^cpuid_(\w+)$/, setFeature],
  [/^(\w+)_supported$/, setFeature],
  [/^cap_(\w+)$/, setCapability],
  [/^(\w+)_cap$/, setCapability],
];

/** Keys that name a register's bit, like `cr4_pcide`: they amend the mode. */
export const BIT_PATTERNS: readonly Pattern[] = [
  [/^(?:cr0|cr4|efer)_(\w+)$/, setNamedBit],
  [/^(smep|smap|pke)$/, setNamedBit],
];

/** A width, `any`, or an upper bound such as `<= 36`, which is as good a width as any below it. */
function setMaxphyaddr(spec: MachineSpec, value: unknown): void {
  if (value === 'any') return;
  const [, bound] = /^<= ?(\d+)$/.exec(String(value)) ?? [];
  spec.maxphyaddr = bound === undefined ? Number(wordOf(value)) : Number(bound);
}

function setFeature({ cpuid }: MachineSpec, name: string, value: unknown): void {
  cpuid.set(featureOf(name), flagOf(value));
}

function setCapability({ capabilities }: MachineSpec, name: string, value: unknown): void {
  const bit = CAPABILITY_BITS[name];
  if (bit === undefined) throw new Unreadable(`capability ${name}`);
  const mask = 1n << BigInt(bit);
  const cap = capabilities.eptVpidCap;
  capabilities.eptVpidCap = flagOf(value) ? cap | mask : cap & ~mask;
}

function setNamedBit(spec: MachineSpec, name: string, value: unknown): void {
  if (bitPlaceOf(name) === undefined) throw new Unreadable(`register bit ${name}`);
  setRegisterBit(spec, name.toUpperCase(), flagOf(value));
}

function setCpuid({ cpuid }: MachineSpec, text: string): void {
  const found = /^(\w+) (un)?supported$/.exec(text);
  if (found?.[1] === undefined) throw new Unreadable(`cpuid "${text}"`);
  cpuid.set(featureOf(found[1]), found[2] === undefined);
}

/** The two bits of a key, as `{"AD":1,"WD":0}`. */
function keyRightsIn(value: unknown): bigint {
  const { AD, WD, ...others } = Object(value) as Readonly<Record<string, unknown>>;
  if (Object.keys(others).length > 0) throw new Unreadable(`key ${JSON.stringify(value)}`);
  return (flagOf(AD) ? 1n : 0n) | (flagOf(WD) ? 2n : 0n);
}

/** A whole register in hex, or some of its bits by name. */
function setRegister(spec: MachineSpec, register: 'cr0' | 'cr4' | 'efer', value: unknown): void {
  if (typeof value === 'string' && value.includes('=')) readContext(spec, value);
  else spec.regs[register] = wordOf(value);
}

function setLam(spec: MachineSpec, value: unknown): void {
  const text = textOf(value);
  if (text.includes('=')) {
    offerFeature(spec, 'LAM_SUP');
    readContext(spec, text);
  } else {
    spec.cpuid.set('lam', flagOf(text));
  }
}

/** The same page with metadata in bits 62:57, which LAM ignores in both widths. */
const TAGGED_GVA = 0xabffffffffffd000n;
const NON_CANONICAL_GVA = 0xaaaaaaaaaaaaa000n;
const UNMAPPED_GVA = 0x7000000000n;

function setDescriptor(spec: MachineSpec, text: string): void {
  if (/^register/i.test(text)) {
    spec.encoding = 'register';
    return;
  }
  const segment = /\bSS\b/.test(text) ? 'ss' : 'ds';
  if (/non-canonical/i.test(text)) {
    spec.descriptor = { segment, gva: NON_CANONICAL_GVA, isMapped: false };
  } else if (/unmapped|not present/i.test(text)) {
    spec.descriptor = { segment, gva: UNMAPPED_GVA, isMapped: false };
  } else if (/^(?:untagged|mapped|canonical|present)\b/i.test(text)) {
    spec.descriptor = { segment, gva: MAPPED_GVA, isMapped: true };
  } else if (/^tagged\b/i.test(text)) {
    spec.descriptor = { segment, gva: TAGGED_GVA, isMapped: true };
  } else {
    throw new Unreadable(`memory operand "${text}"`);
  }
}

/** One PDPTE with the case's bit set, by its index, or an entry described in words. */
function setPdpte(spec: MachineSpec, value: unknown): void {
  if (typeof value === 'number') {
    spec.pdptes.set(value, PDPTE_VALID | spec.bit);
  } else if (isText(value, /\bbit \d+/)) {
    const [, bit = '0'] = /\bbit (\d+)/.exec(textOf(value)) ?? [];
    spec.pdptes.set(0, PDPTE_VALID | (1n << BigInt(bit)));
  } else if (isText(value, /^bad reserved bit/i)) {
    const isPresent = !isText(value, /P=0/);
    spec.pdptes.set(0, (isPresent ? PDPTE_VALID : PDPTE_VALID - 1n) | PDPTE_RESERVED);
  } else if (isText(value, /^(?:valid|good|sound)/i)) {
    spec.pdptes.set(0, PDPTE_VALID);
  } else {
    throw new Unreadable(`pdpte ${JSON.stringify(value)}`);
  }
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
