import type { Judge } from './run.js';

/** The judge that is to catch an exhibit. */
export function judgeOf(name: string): Judge {
  return OTHERS[name] ?? 'oracle';
}

/** Exhibits that another judge than the oracle catches: no access of the guest is wrong by itself. */
const OTHERS: Readonly<Record<string, Judge>> = {
  'invept-eptp-unchecked': 'conformance',
  'invpcid-without-paging-crashes': 'assertion',
  'vmfunc-keeps-ad': 'conformance',
  'canonical-by-la57': 'conformance',
  'mmio-over-present': 'invariant',
  'nx-reserved-in-shadow': 'assertion',
  'vmx-exit-unhandled': 'conformance',
  'cr3-bit-63-kept': 'conformance',
  'vpid-0-entered': 'conformance',
  'pae-root-unknown': 'assertion',
  'zap-of-root-unannounced': 'invariant',
  'accessed-bit-lost': 'conformance',
};
