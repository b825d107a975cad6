import type { RootSpan } from '../api/timeline.js';
import type { Box } from './layout.js';

/** A box in words. */
export function wordsOf({ row, of }: Box): string {
  switch (of.kind) {
    case 'root':
      return `${row.label}: ${rootWords(of.span)}, ${stretchWords(of.span.from, of.span.to)}`;
    case 'level':
      return `${of.level === 'host' ? 'KVM' : of.level} ran, ${stretchWords(of.from, of.to)}`;
    case 'request':
      return `KVM_REQ_${row.label} was pending, ${stretchWords(of.from, of.to)}`;
    case 'busy':
      return `${row.label}: ${of.span.count} spans, too short to be shown one by one, ${stretchWords(of.span.from, of.span.to)}`;
  }
}

/** The name of a vCPU's row, for who does not see where it stands. */
export function placeWords({ row }: Pick<Box, 'row'>): string {
  return `vCPU ${row.vcpu}, ${row.label}`;
}

export function stretchWords(from: number, to: number | null): string {
  return `seq ${from} to ${to ?? 'now'}`;
}

/** A root in a slot, and how that ended, in words. */
export function rootWords({ pgd, hpa, marked, end, cause }: RootSpan): string {
  const mark = marked ? ', marked unsync' : '';
  return `pgd ${pgd} hpa ${hpa}${mark}${end === null ? '' : `, ${endWords(end, cause)}`}`;
}

/** The end of a root in a slot, with its cause. */
export function endWords(end: NonNullable<RootSpan['end']>, cause: string | null): string {
  const by = cause === null ? '' : ` by ${cause}`;
  switch (end) {
    case 'moved':
      return 'then moved to another slot';
    case 'marked':
      return `then marked unsync${by}`;
    case 'synced':
      return 'then synced';
    case 'freed':
      return `then freed${by}`;
    case 'evicted':
      return 'then pushed out by another root';
    case 'rewound':
      return 'then taken back with the moment';
  }
}
