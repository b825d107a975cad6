import { Term } from '../shell/term.js';
import type { Desk } from './desk.js';
import { isOpen, type Row } from './rows.js';

/** The names of the rows, and what folds them. */
export function Gutter({ desk }: { readonly desk: Desk }) {
  const high = desk.stretch.value;
  const count = desk.timeline.value?.vcpus.length ?? 0;
  return (
    <ul class="gutter" aria-label="Rows">
      {desk.rows.value.map((row) => (
        <li
          key={row.id}
          class={`gutter-row gutter-${row.of.kind}`}
          data-on={desk.row.value === row.id}
          style={{ height: `${row.height * high}rem`, top: `${row.top * high}rem` }}
        >
          <Name row={row} desk={desk} count={count} />
        </li>
      ))}
    </ul>
  );
}

interface NameProps {
  readonly row: Row;
  readonly desk: Desk;
  /** vCPUs of the VM. */
  readonly count: number;
}

function Name({ row, desk, count }: NameProps) {
  switch (row.of.kind) {
    case 'vcpu': {
      const open = isOpen(row.vcpu, desk.folding.value, count);
      return (
        <button type="button" aria-expanded={open} onClick={() => desk.toggleVcpu(row.vcpu)}>
          <span class="fold-mark" aria-hidden="true" />
          {row.label}
        </button>
      );
    }
    case 'slots':
      return (
        <button type="button" aria-expanded="false" onClick={() => desk.toggleSlots(row.vcpu)}>
          {row.label}
        </button>
      );
    case 'slot':
      return (
        <Term word={row.of.lane.slot === 'current' ? 'root' : 'previous root'}>{row.label}</Term>
      );
    case 'request':
      return <Term word="request">{row.label}</Term>;
    case 'flushes':
      return <Term word="flush">{row.label}</Term>;
    case 'level':
    case 'traffic':
      return <span>{row.label}</span>;
  }
}
