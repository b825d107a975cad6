import { z } from 'zod';
import { Digits } from '../wire/frames.js';
import { SELECTION, type Selection, selectorOf } from '../wire/labels.js';
import type { Fleet } from './fleet.js';
import type { Member } from './sleeper.js';
import { VmSummary } from './vm-body.js';

const PAGE_VMS_MAX = 1000;

export const VmPage = z
  .strictObject({
    vms: z.array(VmSummary),
    next: z.string().nullable().describe('`cursor` of the next page; null if this is the last.'),
    total: z.number().int().describe('VMs selected, on this page or not.'),
  })
  .meta({ id: 'VmPage', description: 'Some of the VMs, in the order of their creation.' });

export const VmQuery = z.strictObject({
  ...SELECTION,
  cursor: Digits.optional().describe('`next` of the page before.'),
  limit: Digits.pipe(z.number().min(1).max(PAGE_VMS_MAX)).default(100),
});
export type VmQuery = z.output<typeof VmQuery>;

export function pageOf(
  fleet: Fleet,
  { cursor = 0, limit, ...selection }: VmQuery,
): z.output<typeof VmPage> {
  const vms: z.output<typeof VmSummary>[] = [];
  let last = cursor;
  let total = 0;
  let next: string | null = null;
  for (const entry of selectVms(fleet, selection)) {
    total += 1;
    if (entry.number <= cursor) continue;
    if (vms.length === limit) next = String(last);
    else {
      vms.push(fleet.sleeping.summaryOf(entry));
      last = entry.number;
    }
  }
  return { vms, next, total };
}

/** The VMs that a query selects, in the order of their creation. */
export function* selectVms(fleet: Fleet, selection: Selection): Generator<Member> {
  const selects = selectorOf(selection);
  for (const entry of fleet.list(0)) if (selects === null || selects(entry.labels)) yield entry;
}
