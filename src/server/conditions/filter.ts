import type { HistoryRecord } from '../../journal/index.js';
import {
  EVENT_SEVERITY,
  OUTCOME_SEVERITY,
  SEVERITIES,
  type Severity,
} from '../../mmu/schema/index.js';
import type { FrameKind } from '../wire/frames.js';

/** Test of whether a reader gets a record; null lets all of them through. */
export type Filter = ((record: HistoryRecord) => boolean) | null;

/** Criteria of a filter; an absent one lets everything through. */
export interface FilterFields {
  readonly kind?: readonly string[] | undefined;
  readonly vcpu?: readonly number[] | undefined;
  readonly mmu?: 'root' | 'guest' | undefined;
  /** Host-physical addresses of roots. */
  readonly root?: readonly number[] | undefined;
  readonly severity?: Severity | undefined;
}

/** A criterion of a filter, by name, so that a near miss can tell which ones it failed. */
export interface FilterPart {
  readonly name: keyof FilterFields;
  readonly passes: (record: HistoryRecord) => boolean;
}

export function filterOf(fields: FilterFields): Filter {
  const parts = filterPartsOf(fields);
  const [first] = parts;
  if (first === undefined) return null;
  if (parts.length === 1) return first.passes;
  return (record) => parts.every(({ passes }) => passes(record));
}

/** Names a filter: equal keys let the same records through, in whatever order lists are given. */
export function filterKeyOf({ kind, vcpu, mmu, root, severity }: FilterFields): string {
  const ordered = (list: readonly (string | number)[] | undefined) =>
    list === undefined ? null : [...new Set(list)].sort();
  return JSON.stringify([ordered(kind), ordered(vcpu), mmu, ordered(root), severity]);
}

/** The criteria that are given, the most selective ones first. */
export function filterPartsOf({ kind, vcpu, mmu, root, severity }: FilterFields): FilterPart[] {
  const parts: FilterPart[] = [];
  if (kind !== undefined) {
    const kinds = new Set<string>(kind);
    parts.push({ name: 'kind', passes: (record) => kinds.has(kindOf(record)) });
  }
  if (vcpu !== undefined) {
    const vcpus = new Set(vcpu);
    parts.push({ name: 'vcpu', passes: (record) => concerns(record, vcpus) });
  }
  if (mmu !== undefined) {
    parts.push({ name: 'mmu', passes: (record) => namesOf(record).mmu === mmu });
  }
  if (root !== undefined) {
    const roots = new Set(root);
    parts.push({ name: 'root', passes: (record) => namesRoot(record, roots) });
  }
  if (severity !== undefined) {
    const least = SEVERITIES.indexOf(severity);
    parts.push({
      name: 'severity',
      passes: (record) => SEVERITIES.indexOf(severityOf(record)) >= least,
    });
  }
  return parts;
}

/** Kind of an event; `command` or `rewound` for the other records. */
export function kindOf(record: HistoryRecord): FrameKind {
  return record.type === 'event' ? record.event.kind : record.type;
}

/** Severity of a record. */
export function severityOf(record: HistoryRecord): Severity {
  if (record.type === 'rewound') return 'notice';
  return record.type === 'event'
    ? EVENT_SEVERITY[record.event.kind]
    : OUTCOME_SEVERITY[record.outcome.kind];
}

/** Whether a record is about one of these vCPUs. Taking a VM back is about all of them. */
function concerns(record: HistoryRecord, vcpus: ReadonlySet<number>): boolean {
  return record.type === 'rewound' || vcpus.has(record.vcpu);
}

/** The fields by which an event names an MMU, a root or a page. */
interface Names {
  readonly mmu?: string;
  readonly hpa?: number;
  readonly root?: number | null;
}

const NAMELESS: Names = {};

function namesOf(record: HistoryRecord): Names {
  return record.type === 'event' ? (record.event as Names) : NAMELESS;
}

function namesRoot(record: HistoryRecord, roots: ReadonlySet<number>): boolean {
  const { hpa, root } = namesOf(record);
  return (hpa !== undefined && roots.has(hpa)) || (root != null && roots.has(root));
}
