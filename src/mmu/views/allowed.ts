import { bitsOf, gfnToGpa, isLongMode, type Word } from '../machine/index.js';
import {
  isUndecidable,
  type PastTranslation,
  pastTranslations,
  TooManyWalks,
  type WatchedVm,
} from '../oracle/index.js';
import { type AllowedState, TRANSLATIONS_MAX } from '../schema/index.js';
import type { Vcpu } from '../state/index.js';
import { rightsOf } from './rights.js';

/** The frames that an address may lead to, for the guest that runs now. Changes nothing. */
export function allowedStateOf(vm: WatchedVm, vcpu: Vcpu, gva: Word): AllowedState {
  const address = isLongMode(vcpu.regs) ? gva : { page: bitsOf(gva, LOW_PAGES), low: gva.low };
  const found = new Map<string, PastTranslation>();
  let isWhole = !isUndecidable(vm, vcpu, address);
  try {
    const visit = (past: PastTranslation) => {
      found.set(keyOf(past), past);
      return found.size > TRANSLATIONS_MAX;
    };
    if (pastTranslations(vm, vcpu, { address, everything: false, visit })) isWhole = false;
  } catch (error) {
    if (!(error instanceof TooManyWalks)) throw error;
    isWhole = false;
  }
  const translations = [...found.values()].slice(0, TRANSLATIONS_MAX);
  return {
    gva,
    translations: translations.map((past) => shown(past, { vm, low: address.low })),
    complete: isWhole,
  };
}

/** Outside long mode addresses have 32 bits. */
const LOW_PAGES = { high: 31, low: 12 };

function keyOf({ gfn, acc, eptAcc, isBlocked, replaced }: PastTranslation): string {
  return `${gfn} ${acc} ${eptAcc} ${isBlocked} ${replaced?.moment.time ?? ''}`;
}

function shown(
  { gfn, acc, eptAcc, hasEpt, isBlocked, replaced }: PastTranslation,
  { vm, low }: { vm: WatchedVm; low: number },
): AllowedState['translations'][number] {
  return {
    gpa: isBlocked ? null : gfnToGpa(gfn) + low,
    rights: rightsOf(acc, false),
    ept: hasEpt ? rightsOf(eptAcc, true) : null,
    replaced: replaced && {
      entry: replaced.gpa,
      command: replaced.moment.by,
      commandsAgo: vm.oracle.command.nth - replaced.moment.nth + 1,
    },
  };
}
