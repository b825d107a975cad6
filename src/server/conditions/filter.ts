import type { HistoryRecord } from '../../journal/index.js';
import {
  EVENT_SEVERITY,
  OUTCOME_SEVERITY,
  SEVERITIES,
  type Severity,
} from '../../mmu/schema/index.js';

/** Whether a reader wants a record; null wants all of them. */
export type Filter = ((record: HistoryRecord) => boolean) | null;

/** What a reader may ask for; what is left out narrows nothing. */
export interface Wanted {
  readonly kind?: readonly string[] | undefined;
  readonly vcpu?: readonly number[] | undefined;
  readonly mmu?: 'root' | 'guest' | undefined;
  /** Host-physical addresses of roots. */
  readonly root?: readonly number[] | undefined;
  readonly severity?: Severity | undefined;
}

/** A filter, taken apart: who finds a near miss asks which part it fails. */
export interface FilterPart {
  readonly name: keyof Wanted;
  readonly wants: (record: HistoryRecord) => boolean;
}

export function filterOf(wanted: Wanted): Filter {
  const parts = filterPartsOf(wanted);
  const [first] = parts;
  if (first === undefined) return null;
  if (parts.length === 1) return first.wants;
  return (record) => parts.every(({ wants }) => wants(record));
}

/** The parts that narrow something, those that leave out most first. */
export function filterPartsOf({ kind, vcpu, mmu, root, severity }: Wanted): FilterPart[] {
  const parts: FilterPart[] = [];
  if (kind !== undefined) {
    const kinds = new Set(kind);
    parts.push({ name: 'kind', wants: (record) => kinds.has(kindOf(record)) });
  }
  if (vcpu !== undefined) {
    const vcpus = new Set(vcpu);
    parts.push({ name: 'vcpu', wants: (record) => befell(record, vcpus) });
  }
  if (mmu !== undefined) {
    parts.push({ name: 'mmu', wants: (record) => namesOf(record).mmu === mmu });
  }
  if (root !== undefined) {
    const roots = new Set(root);
    parts.push({ name: 'root', wants: (record) => namesRoot(record, roots) });
  }
  if (severity !== undefined) {
    const least = SEVERITIES.indexOf(severity);
    parts.push({
      name: 'severity',
      wants: (record) => SEVERITIES.indexOf(severityOf(record)) >= least,
    });
  }
  return parts;
}

/** The kind of an event; `command` or `rewound` of what is none. */
export function kindOf(record: HistoryRecord): string {
  return record.type === 'event' ? record.event.kind : record.type;
}

/** How much a record matters. */
export function severityOf(record: HistoryRecord): Severity {
  if (record.type === 'rewound') return 'notice';
  return record.type === 'event'
    ? EVENT_SEVERITY[record.event.kind]
    : OUTCOME_SEVERITY[record.outcome.kind];
}

/** A VM is taken back with all of its vCPUs. */
function befell(record: HistoryRecord, vcpus: ReadonlySet<number>): boolean {
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
