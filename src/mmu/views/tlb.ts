import { gfnToGpa } from '../machine/index.js';
import type { TlbContextState, TlbState } from '../schema/index.js';
import { GLOBAL, type TlbContext, type Vcpu } from '../state/index.js';
import { rightsOf } from './rights.js';

/** A run of TLB entries: `limit` of them at most, behind the first `skip`. */
export interface TlbRange {
  readonly skip: number;
  readonly limit: number;
}

/** The TLB entries of a vCPU as a client sees them, context by context. */
export function tlbStateOf({ tlb }: Vcpu, { skip, limit }: TlbRange): TlbState {
  if (tlb === null) return { contexts: [], size: 0, capacity: 0 };
  const contexts: TlbContextState[] = [];
  let first = skip;
  let room = limit;
  for (const context of tlb.contexts) {
    if (first < context.entries.size && room > 0) {
      const state = contextStateOf(context, { skip: first, limit: room });
      contexts.push(state);
      room -= state.entries.length;
    }
    first = Math.max(0, first - context.entries.size);
  }
  const capacity = tlb.capacity === Number.POSITIVE_INFINITY ? null : tlb.capacity;
  return { contexts, size: tlb.size, capacity };
}

function contextStateOf(context: TlbContext, { skip, limit }: TlbRange): TlbContextState {
  const { kind, vpid, pcid, root, entries } = context;
  const shown: TlbContextState['entries'] = [];
  let place = 0;
  for (const [page, { gfn, acc }] of entries) {
    if (shown.length === limit) break;
    if (place >= skip) {
      const rights = rightsOf(acc, kind === 'guest-physical');
      shown.push({ address: { page, low: 0 }, gpa: gfnToGpa(gfn), rights });
    }
    place += 1;
  }
  return {
    kind,
    vpid: kind === 'guest-physical' ? null : vpid,
    pcid: kind === 'guest-physical' || pcid === GLOBAL ? null : pcid,
    global: pcid === GLOBAL,
    root: kind === 'linear' ? null : root,
    size: entries.size,
    entries: shown,
  };
}
