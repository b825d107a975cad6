import { type Bench, offerFeature, setRegisterBit } from './bench.js';
import { readContext } from './context.js';
import { MAPPED_GVA, PDPTE_RESERVED, PDPTE_VALID } from './guest-memory.js';
import { flagOf, textOf, Unreadable, wordOf } from './reading.js';
import { bitPlaceOf, featureOf } from './register-bits.js';
import { CAPABILITY_BITS, gprOf } from './vmx-names.js';

/** Applies what a case says under one key. */
export type Apply = (bench: Bench, value: unknown) => void;

/** Keys about the processor: modes, features, registers, the form of the instruction. */
export const PROCESSOR_KEYS: Readonly<Record<string, Apply>> = {
  note: () => {},
  interface: () => {},
  maxphyaddr: setMaxphyaddr,
  cpuid: (bench, value) => setCpuid(bench, textOf(value)),
  ept_vpid_cap: (bench, value) => {
    bench.capabilities.eptVpidCap = wordOf(value);
  },
  procbased_ctls2_ept: (bench, value) => {
    bench.capabilities.ept = flagOf(value);
  },
  procbased_ctls2_vpid: (bench, value) => {
    bench.capabilities.vpid = flagOf(value);
  },
  misc_cr3_targets: (bench, value) => {
    bench.capabilities.cr3TargetCountMax = Number(wordOf(value));
  },
  mode: (bench, value) => readContext(bench, textOf(value)),
  context: (bench, value) => readContext(bench, textOf(value)),
  vmx: (bench, value) => readContext(bench, textOf(value)),
  current_vmcs: (bench, value) => {
    bench.hasCurrentVmcs = flagOf(value);
  },
  preset_error_field: (bench, value) => {
    bench.presetError = Number(wordOf(value));
  },
  paging: (bench, value) => {
    if (!flagOf(value)) setRegisterBit(bench, 'PG', false);
  },
  cr0: (bench, value) => setRegister(bench, 'cr0', value),
  cr3: (bench, value) => {
    bench.regs.cr3 = wordOf(value);
  },
  cr4: (bench, value) => setRegister(bench, 'cr4', value),
  efer: (bench, value) => setRegister(bench, 'efer', value),
  lam: setLam,
  insn: (bench, value) => {
    bench.gpr = gprOf(textOf(value)) ?? 0;
  },
  operand: (bench, value) => {
    bench.encoding = isText(value, /register/i) ? 'register' : 'memory';
  },
  prefix: (bench, value) => {
    if (!isText(value, /^LOCK$/i)) throw new Unreadable(`prefix ${String(value)}`);
    bench.encoding = 'lock';
  },
  // A translation or its absence is nothing that an instruction without a page walk could notice.
  mapping: () => {},
  memory_operand: (bench, value) => setDescriptor(bench, textOf(value)),
  bit: (bench, value) => {
    bench.bit = wordOf(value);
  },
  pdpte: (bench, value) => setPdpte(bench, value),
};

type Pattern = readonly [RegExp, (bench: Bench, name: string, value: unknown) => void];

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
function setMaxphyaddr(bench: Bench, value: unknown): void {
  if (value === 'any') return;
  const [, bound] = /^<= ?(\d+)$/.exec(String(value)) ?? [];
  bench.maxphyaddr = bound === undefined ? Number(wordOf(value)) : Number(bound);
}

function setFeature({ cpuid }: Bench, name: string, value: unknown): void {
  cpuid.set(featureOf(name), flagOf(value));
}

function setCapability({ capabilities }: Bench, name: string, value: unknown): void {
  const bit = CAPABILITY_BITS[name];
  if (bit === undefined) throw new Unreadable(`capability ${name}`);
  const mask = 1n << BigInt(bit);
  const cap = capabilities.eptVpidCap;
  capabilities.eptVpidCap = flagOf(value) ? cap | mask : cap & ~mask;
}

function setNamedBit(bench: Bench, name: string, value: unknown): void {
  if (bitPlaceOf(name) === undefined) throw new Unreadable(`register bit ${name}`);
  setRegisterBit(bench, name.toUpperCase(), flagOf(value));
}

function setCpuid({ cpuid }: Bench, text: string): void {
  const found = /^(\w+) (un)?supported$/.exec(text);
  if (found?.[1] === undefined) throw new Unreadable(`cpuid "${text}"`);
  cpuid.set(featureOf(found[1]), found[2] === undefined);
}

/** A whole register in hex, or some of its bits by name. */
function setRegister(bench: Bench, register: 'cr0' | 'cr4' | 'efer', value: unknown): void {
  if (typeof value === 'string' && value.includes('=')) readContext(bench, value);
  else bench.regs[register] = wordOf(value);
}

function setLam(bench: Bench, value: unknown): void {
  const text = textOf(value);
  if (text.includes('=')) {
    offerFeature(bench, 'LAM_SUP');
    readContext(bench, text);
  } else {
    bench.cpuid.set('lam', flagOf(text));
  }
}

/** The same page with metadata in bits 62:57, which LAM ignores in both widths. */
const TAGGED_GVA = 0xabffffffffffd000n;
const NON_CANONICAL_GVA = 0xaaaaaaaaaaaaa000n;
const UNMAPPED_GVA = 0x7000000000n;

function setDescriptor(bench: Bench, text: string): void {
  if (/^register/i.test(text)) {
    bench.encoding = 'register';
    return;
  }
  const segment = /\bSS\b/.test(text) ? 'ss' : 'ds';
  if (/non-canonical/i.test(text)) {
    bench.descriptor = { segment, gva: NON_CANONICAL_GVA, isMapped: false };
  } else if (/unmapped|not present/i.test(text)) {
    bench.descriptor = { segment, gva: UNMAPPED_GVA, isMapped: false };
  } else if (/^(?:untagged|mapped|canonical|present)\b/i.test(text)) {
    bench.descriptor = { segment, gva: MAPPED_GVA, isMapped: true };
  } else if (/^tagged\b/i.test(text)) {
    bench.descriptor = { segment, gva: TAGGED_GVA, isMapped: true };
  } else {
    throw new Unreadable(`memory operand "${text}"`);
  }
}

/** One PDPTE with the case's bit set, by its index, or an entry described in words. */
function setPdpte(bench: Bench, value: unknown): void {
  if (typeof value === 'number') {
    bench.pdptes.set(value, PDPTE_VALID | bench.bit);
  } else if (isText(value, /\bbit \d+/)) {
    const [, bit = '0'] = /\bbit (\d+)/.exec(textOf(value)) ?? [];
    bench.pdptes.set(0, PDPTE_VALID | (1n << BigInt(bit)));
  } else if (isText(value, /^bad reserved bit/i)) {
    const isPresent = !isText(value, /P=0/);
    bench.pdptes.set(0, (isPresent ? PDPTE_VALID : PDPTE_VALID - 1n) | PDPTE_RESERVED);
  } else if (isText(value, /^(?:valid|good|sound)/i)) {
    bench.pdptes.set(0, PDPTE_VALID);
  } else {
    throw new Unreadable(`pdpte ${JSON.stringify(value)}`);
  }
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
