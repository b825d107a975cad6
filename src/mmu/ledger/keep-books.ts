import { wordToHex } from '../machine/index.js';
import type { WatchedVm } from '../oracle/index.js';
import type { CommandKind, MmuEvent, MmuEventOf } from '../schema/index.js';
import { CURRENT } from '../schema/index.js';
import { type Books, booksOf, type Ledger, type Vcpu } from '../state/index.js';
import { noteFlush, noteWalk } from './flushes.js';
import { enter, prove } from './sums.js';

/** Frees that are remembered until their root is loaded again. */
const FREED_MAX = 64;

/** Pages of one flush that are noted; the worth of the others is not known. */
const RUN_MAX = 64;

/** Events that tell what an earlier deed was worth, or are one. */
type Booked = MmuEventOf<
  | 'access'
  | 'request-made'
  | 'request-serviced'
  | 'vm-entered'
  | 'vm-exit'
  | 'root-missed'
  | 'root-freed'
  | 'root-allocated'
  | 'root-synced'
  | 'tlb-flushed'
>;

/**
 * Takes an event as it happens, and tells from it what earlier flushes, syncs and frees were worth.
 */
export function keepBooks(vm: WatchedVm, vcpu: Vcpu, event: Booked): void {
  const { ledger, oracle } = vm;
  if (ledger === null) return;
  const command = oracle.command.kind as CommandKind;
  const books = ledger.books[vcpu.index] ?? booksOf(ledger, vcpu.index);
  ledger.clock += 1;
  switch (event.kind) {
    case 'access':
      if (vcpu.tlb !== null) noteWalk(ledger, books, { vm, vcpu, event });
      break;
    case 'request-made':
      asked(books, event, command);
      break;
    case 'request-serviced':
      books.serving = books.asked.get(event.request) ?? command;
      break;
    case 'vm-entered':
    case 'vm-exit':
      books.serving = null;
      books.isLoading = false;
      break;
    case 'root-missed':
      books.lostBy = command;
      break;
    case 'root-freed':
      freed(ledger, books, { event, command });
      break;
    case 'root-allocated':
      allocated(books, event);
      break;
    case 'root-synced':
      synced(ledger, books, { event, command });
      break;
    case 'tlb-flushed':
      flushed(ledger, books, { event, command });
      break;
  }
}

interface Noted<K extends MmuEvent['kind']> {
  readonly event: MmuEventOf<K>;
  readonly command: CommandKind;
}

/** A load, and what a request brings about, is the doing of the command that made it due. */
function causeOf({ isLoading, lostBy, serving }: Books, command: CommandKind): CommandKind {
  return (isLoading ? lostBy : serving) ?? command;
}

/** A request made while another is serviced is charged to the command that made that other one. */
function asked(books: Books, { request }: MmuEventOf<'request-made'>, command: CommandKind): void {
  const cause = causeOf(books, command);
  if (books.asked.get(request) !== cause) books.asked.set(request, cause);
}

function freed(ledger: Ledger, books: Books, { event, command }: Noted<'root-freed'>): void {
  const cause = causeOf(books, command);
  if (event.slot === CURRENT) books.lostBy = cause;
  if (books.freed.size >= FREED_MAX) books.freed.delete(books.freed.keys().next().value as string);
  books.freed.set(keyOf(event), enter(ledger, books, { kind: 'free', command: cause }));
}

/**
 * A root is loaded. If one like it was freed, the free was for nothing unless the sync that is part
 * of the load finds something to do; where the pages were not there any more, they had changed.
 */
function allocated(books: Books, event: MmuEventOf<'root-allocated'>): void {
  books.isLoading = true;
  const deed = books.freed.get(keyOf(event));
  if (deed === undefined) return;
  books.freed.delete(keyOf(event));
  if (event.page === 'existing') books.reloading = deed;
  else prove(deed, 'necessary');
}

function synced(ledger: Ledger, books: Books, { event, command }: Noted<'root-synced'>): void {
  const { pages, changed } = event;
  if (books.reloading !== null) {
    prove(books.reloading, changed > 0 ? 'necessary' : 'wasted');
    books.reloading = null;
  }
  const deed = enter(ledger, books, { kind: 'sync', command: causeOf(books, command) });
  if (pages > 0) prove(deed, changed > 0 ? 'necessary' : 'wasted');
}

/** A flush by the processor for its guest is no deed of KVM, but its entries are gone as well. */
function flushed(ledger: Ledger, books: Books, { event, command }: Noted<'tlb-flushed'>): void {
  const deed =
    event.by === 'cpu'
      ? { at: ledger.clock, tally: null, worth: 'harmless' as const }
      : enter(ledger, books, { kind: 'flush', command: causeOf(books, command) });
  const { vpid, pcid, root, address, pages = 1 } = event;
  const first = address?.page ?? null;
  noteFlush(books, { vpid, pcid, root, page: first }, deed);
  if (first === null) return;
  for (let i = 1; i < Math.min(pages, RUN_MAX); i += 1) {
    noteFlush(books, { vpid, pcid, root, page: first + i }, deed);
  }
}

function keyOf({ mmu, pgd }: MmuEventOf<'root-freed' | 'root-allocated'>): string {
  return `${mmu} ${wordToHex(pgd)}`;
}
