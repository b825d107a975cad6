import { sumsOf } from '../ledger/index.js';
import type { LedgerState } from '../schema/index.js';
import { type Books, createLedger, type Deed, type Vm } from '../state/index.js';

/** The ledger of a VM as a client sees it; without oracle nothing was judged. */
export function ledgerStateOf({ ledger, vcpus }: Vm): LedgerState {
  const kept = ledger ?? createLedger(vcpus.length);
  return {
    total: sumsOf(kept),
    vcpus: kept.books.map((book, vcpu) => ({ vcpu, commands: commandsOf(book) })),
  };
}

/** The deed that the ledger noted last for a vCPU, whose worth may still show; null without one. */
export function newestDeedOf({ ledger }: Vm, vcpu: number): Readonly<Deed> | null {
  return ledger?.books[vcpu]?.newest ?? null;
}

function commandsOf(book: Books | null): LedgerState['vcpus'][number]['commands'] {
  return [...(book?.sums ?? [])].map(([command, { flush, sync, free }]) => ({
    command,
    flush: { ...flush },
    sync: { ...sync },
    free: { ...free },
  }));
}
