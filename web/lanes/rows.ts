import type { RequestLane, RootLane, Timeline, VcpuTimeline } from '../api/timeline.js';

/** The stuff of a row. */
export type RowOf =
  | { readonly kind: 'vcpu' }
  | { readonly kind: 'level' }
  | { readonly kind: 'slot'; readonly lane: RootLane }
  /** Slots that are folded into one row. */
  | { readonly kind: 'slots'; readonly lanes: readonly RootLane[] }
  | { readonly kind: 'request'; readonly lane: RequestLane }
  | { readonly kind: 'flushes' }
  | { readonly kind: 'traffic' };

/** A row of the picture. Measures are in units of the type's size. */
export interface Row {
  /** The same for the same row from one picture to the next. */
  readonly id: string;
  readonly vcpu: number;
  readonly label: string;
  readonly of: RowOf;
  readonly top: number;
  readonly height: number;
}

/** Parts that are open, and parts that are folded. */
export interface Folding {
  /** vCPUs that were opened (true) or closed (false) by hand. */
  readonly byHand: ReadonlyMap<number, boolean>;
  /** vCPUs whose slots are all shown. */
  readonly allSlots: ReadonlySet<number>;
  /** vCPUs that are open if nobody says otherwise: all if there are no more than this. */
  readonly openMax: number;
}

/** Slots of `prev_roots` that are shown one by one unless all are asked for. */
export const SLOTS_SHOWN = 3;

const HEIGHTS = {
  vcpu: 1.9,
  level: 0.6,
  current: 1.75,
  slot: 1.3,
  slots: 0.9,
  request: 1.05,
  flushes: 1.3,
  traffic: 2,
} as const;

/** Room between the lanes of two vCPUs. */
const BETWEEN = 0.7;

/** Rows of a timeline from the top, with what is folded left out. */
export function rowsOf({ vcpus }: Timeline, folding: Folding): readonly Row[] {
  const rows: Row[] = [];
  let top = 0;
  for (const one of vcpus) {
    for (const { of, label, height } of rowsOfVcpu(one, folding, vcpus.length)) {
      rows.push({ id: `${one.vcpu} ${nameOf(of)}`, vcpu: one.vcpu, label, of, top, height });
      top += height;
    }
    top += BETWEEN;
  }
  return rows;
}

/** The name of a row among those of its vCPU. The slots of both MMUs have one label each. */
function nameOf(of: RowOf): string {
  switch (of.kind) {
    case 'slot':
      return `${of.lane.mmu} ${of.lane.slot}`;
    case 'slots':
      return `${of.lanes[0]?.mmu} ${of.kind}`;
    case 'request':
      return `${of.kind} ${of.lane.request}`;
    default:
      return of.kind;
  }
}

/** Whether all rows of a vCPU are shown. */
export function isOpen(vcpu: number, { byHand, openMax }: Folding, count: number): boolean {
  return byHand.get(vcpu) ?? (count <= openMax || vcpu === 0);
}

export function heightOf(rows: readonly Row[]): number {
  const last = rows.at(-1);
  return last === undefined ? 0 : last.top + last.height;
}

type Part = Pick<Row, 'of' | 'label' | 'height'>;

function rowsOfVcpu(one: VcpuTimeline, folding: Folding, count: number): Part[] {
  const head = part({ kind: 'vcpu' }, `vCPU ${one.vcpu}`, HEIGHTS.vcpu);
  if (!isOpen(one.vcpu, folding, count)) {
    const current = one.roots.findLast(({ slot }) => slot === 'current');
    if (current === undefined) return [head];
    return [head, part({ kind: 'slot', lane: current }, labelOf(current, one), HEIGHTS.slot)];
  }
  const requests = one.requests.map((lane) =>
    part({ kind: 'request', lane }, lane.request, HEIGHTS.request),
  );
  const hasFlushes = Object.keys(one.counts).some((mark) => mark.startsWith('flush-'));
  return [
    head,
    part({ kind: 'level' }, 'runs', HEIGHTS.level),
    ...slotRows(one, folding.allSlots.has(one.vcpu)),
    ...requests,
    ...(hasFlushes ? [part({ kind: 'flushes' }, 'flushes', HEIGHTS.flushes)] : []),
    part({ kind: 'traffic' }, 'exits, entries', HEIGHTS.traffic),
  ];
}

function slotRows(one: VcpuTimeline, areAllShown: boolean): Part[] {
  const parts: Part[] = [];
  for (const mmu of ['root', 'guest'] as const) {
    const lanes = one.roots.filter((lane) => lane.mmu === mmu);
    const isShown = ({ slot }: RootLane) => areAllShown || indexOf(slot) < SLOTS_SHOWN;
    for (const lane of lanes.filter(isShown)) {
      const height = lane.slot === 'current' ? HEIGHTS.current : HEIGHTS.slot;
      parts.push(part({ kind: 'slot', lane }, labelOf(lane, one), height));
    }
    const folded = lanes.filter((lane) => !isShown(lane));
    if (folded.length > 0) {
      const label = `${mmu === 'guest' ? 'guest ' : ''}${folded.length} more slots`;
      parts.push(part({ kind: 'slots', lanes: folded }, label, HEIGHTS.slots));
    }
  }
  return parts;
}

/** Index in `prev_roots`; -1 for the current root. */
function indexOf(slot: string): number {
  return slot === 'current' ? -1 : Number(slot.slice('prev'.length));
}

/** The MMU is named only if both have roots. */
function labelOf({ mmu, slot }: RootLane, { roots }: VcpuTimeline): string {
  const hasBoth = roots.some((lane) => lane.mmu === 'guest') && roots.some((l) => l.mmu === 'root');
  return hasBoth && slot === 'current' ? `${mmu}_mmu current` : slot;
}

function part(of: RowOf, label: string, height: number): Part {
  return { of, label, height };
}
