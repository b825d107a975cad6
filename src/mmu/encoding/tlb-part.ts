import { resizeTlb, type Tlb, type TlbEntry } from '../state/index.js';
import { vpid01Of } from '../tlb/index.js';
import type { ByteReader, ByteWriter } from './bytes.js';

const KINDS = ['linear', 'combined', 'guest-physical'] as const;

/**
 * Entries go oldest first, as a bounded TLB gives them up.
 *
 * @param index That of the vCPU.
 */
export function writeTlb(writer: ByteWriter, tlb: Tlb, index: number): void {
  const firstVpid = firstVpidOf(index);
  writer.number(tlb.made);
  writer.list(tlb.contexts, ({ kind, vpid, pcid, root, entries }) => {
    writer.byte(KINDS.indexOf(kind));
    writer.number(kind === 'guest-physical' ? vpid : vpid - firstVpid);
    writer.number(pcid);
    writer.number(root);
    writer.list(entries, ([pageNumber, { gfn, order, acc, made }]) => {
      writer.number(pageNumber);
      writer.number(gfn);
      writer.byte(order);
      writer.byte(acc);
      writer.number(made);
    });
  });
}

/** @param tlb Empty so far. */
export function readTlb(reader: ByteReader, tlb: Tlb, index: number): void {
  const firstVpid = firstVpidOf(index);
  tlb.made = reader.number();
  tlb.contexts.push(
    ...reader.list(() => {
      const kind = KINDS[reader.byte()] as (typeof KINDS)[number];
      const [written, pcid, root] = [reader.number(), reader.number(), reader.number()];
      const vpid = kind === 'guest-physical' ? written : written + firstVpid;
      const entries = reader.list(() => {
        const pageNumber = reader.number();
        return [pageNumber, readTlbEntry(reader)] as const;
      });
      resizeTlb(tlb, entries.length);
      const orderMax = entries.reduce((max, [, { order }]) => Math.max(max, order), 0);
      return { kind, vpid, pcid, root, entries: new Map(entries), orderMax };
    }),
  );
}

function readTlbEntry(reader: ByteReader): TlbEntry {
  return {
    gfn: reader.number(),
    order: reader.byte(),
    acc: reader.byte(),
    made: reader.number(),
  };
}

/** VPIDs of a vCPU follow from its index: they are written as if it were the first. */
function firstVpidOf(index: number): number {
  return vpid01Of({ index }) - vpid01Of({ index: 0 });
}
