import type { Outcome } from '../../../src/mmu/schema/index.js';
import { hexOf, toBigint } from '../attempt/hex.js';

/** The outcome as a line of the report shows it. */
export function showOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'ok':
    case 'shutdown':
      return outcome.kind;
    case 'fault':
      return `fault ${outcome.vector}${outcome.errorCode === null ? '' : `(${outcome.errorCode})`}`;
    case 'vm-fail':
      return outcome.error === null ? 'VMfailInvalid' : `VMfailValid ${outcome.error}`;
    case 'vm-exit':
      return `vmexit ${hexOf(outcome.reason)} qualification ${hexOf(toBigint(outcome.qualification))}`;
    case 'mmio':
      return `mmio ${hexOf(outcome.gpa)}`;
    case 'error':
      return `error ${outcome.errno}`;
  }
}
