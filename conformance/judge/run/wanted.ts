import type { Outcome } from '../../../src/mmu/schema/index.js';
import type { Wanted } from '../attempt/check.js';
import { toBigint } from '../attempt/hex.js';

/** Whether an outcome is one that a case allows. */
export function isWanted(wanted: Wanted, outcome: Outcome): boolean {
  switch (wanted.kind) {
    case 'ok':
    case 'shutdown':
      return outcome.kind === wanted.kind;
    case 'fault':
      return (
        outcome.kind === 'fault' &&
        isAmong(wanted.vectors, outcome.vector) &&
        (wanted.errorCodes === null || isAmong(wanted.errorCodes, BigInt(outcome.errorCode ?? -1)))
      );
    case 'vm-fail':
      if (outcome.kind !== 'vm-fail') return false;
      if (wanted.errors === 'invalid' || outcome.error === null) {
        return wanted.errors === 'invalid' && outcome.error === null;
      }
      return isAmong(wanted.errors, BigInt(outcome.error));
    case 'vm-exit':
      return outcome.kind === 'vm-exit' && isWantedExit(wanted, outcome);
    case 'error':
      return outcome.kind === 'error' && isAmong(wanted.errnos, outcome.errno);
  }
}

function isWantedExit(
  { reasons, basics, qualifications }: Wanted & { kind: 'vm-exit' },
  { reason, qualification }: Outcome & { kind: 'vm-exit' },
): boolean {
  return (
    isAmong(reasons, BigInt(reason)) &&
    isAmong(basics, BigInt(reason & 0xffff)) &&
    isAmong(qualifications, toBigint(qualification))
  );
}

/** Whether a value is among the wanted ones; any is if none are named. */
function isAmong<T>(wanted: readonly T[] | null, value: T): boolean {
  return wanted === null || wanted.includes(value);
}
