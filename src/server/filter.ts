import type { HistoryRecord } from '../journal/index.js';
import type { HistoryQuery } from './frames.js';

/** Whether a reader wants a record; null wants all of them. */
export type Filter = ((record: HistoryRecord) => boolean) | null;

export function filterOf({ kind, vcpu }: Pick<HistoryQuery, 'kind' | 'vcpu'>): Filter {
  if (kind === undefined && vcpu === undefined) return null;
  const kinds = kind === undefined ? null : new Set<string>(kind);
  const vcpus = vcpu === undefined ? null : new Set(vcpu);
  return (record) =>
    (kinds === null || kinds.has(kindOf(record))) && (vcpus === null || vcpus.has(record.vcpu));
}

function kindOf(record: HistoryRecord): string {
  return record.type === 'command' ? 'command' : record.event.kind;
}
