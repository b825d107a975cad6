import type { WireMmu, WireRoot, WireVcpu } from '../api/wire.js';

/** A part of a vCPU on both sides of a command. */
export interface StateRow {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly isChanged: boolean;
}

export interface StateGroup {
  readonly name: string;
  readonly rows: readonly StateRow[];
}

/** A vCPU on both sides of a command, part by part; what is not in use is left out. */
export function stateGroupsOf(before: WireVcpu, after: WireVcpu): StateGroup[] {
  const pairs = (names: readonly (readonly [string, (of: WireVcpu) => string])[]) =>
    names.map(([name, of]) => rowOf(name, of(before), of(after)));
  const groups = [
    { name: 'Mode', rows: pairs(MODE) },
    { name: 'root_mmu', rows: mmuRows(before.rootMmu, after.rootMmu) },
    { name: 'guest_mmu', rows: mmuRows(before.guestMmu, after.guestMmu) },
    { name: 'Requests', rows: requestRows(before, after) },
    { name: 'Registers', rows: pairs(REGISTERS) },
    { name: 'Nested', rows: pairs(NESTED) },
    { name: 'Counters', rows: counterRows(before, after) },
  ];
  return groups.filter(({ name, rows }) => rows.length > 0 && isInUse(name, rows));
}

/** Slots of an MMU that an event names, as rows of {@link stateGroupsOf}: `root_mmu/prev0`. */
export function rowNamedBy(event: { readonly mmu?: string; readonly slot?: string | number }) {
  if (event.mmu === undefined) return null;
  return `${event.mmu}_mmu/${event.slot ?? 'current'}`;
}

const MODE = [
  ['runs', (of: WireVcpu) => placeOf(of)],
  ['arch.mmu', (of: WireVcpu) => `${of.mmu}_mmu`],
] as const;

const REGISTERS = [
  ['CR0', (of: WireVcpu) => of.cr0],
  ['CR3', (of: WireVcpu) => of.cr3],
  ['CR4', (of: WireVcpu) => of.cr4],
  ['EFER', (of: WireVcpu) => of.efer],
  ['CPL', (of: WireVcpu) => String(of.cpl)],
  ['PKRU', (of: WireVcpu) => of.pkru],
] as const;

const NESTED = [
  ['VMCS', (of: WireVcpu) => of.nested.currentVmcs ?? '-'],
  ['EPTP', (of: WireVcpu) => of.nested.eptp ?? '-'],
  ['nCR3', (of: WireVcpu) => of.nested.nestedCr3 ?? '-'],
  ['VPID', (of: WireVcpu) => String(of.nested.vpid ?? '-')],
] as const;

/** A part in which nothing is, and nothing was, tells nothing. */
function isInUse(name: string, rows: readonly StateRow[]): boolean {
  if (name !== 'guest_mmu' && name !== 'Nested') return true;
  return rows.some(({ before, after }) => before !== '-' || after !== '-');
}

function placeOf({ mode, nested }: WireVcpu): string {
  return mode === 'host' ? 'host' : nested.guestMode ? 'L2' : 'L1';
}

function mmuRows(before: WireMmu, after: WireMmu): StateRow[] {
  const slots = Math.max(before.prevRoots.length, after.prevRoots.length);
  const previous = Array.from({ length: slots }, (_, slot) =>
    rowOf(`prev${slot}`, rootText(before.prevRoots[slot]), rootText(after.prevRoots[slot])),
  );
  return [rowOf('current', rootText(before.root), rootText(after.root)), ...previous];
}

function rootText(root: WireRoot | null | undefined): string {
  if (root == null) return '-';
  return `${root.pgd} at ${root.hpa}${root.unsync ? ' unsync' : ''}`;
}

function requestRows(before: WireVcpu, after: WireVcpu): StateRow[] {
  const names = [...new Set([...before.requests, ...after.requests])];
  const text = (of: WireVcpu, name: (typeof names)[number]) =>
    of.requests.includes(name) ? 'pending' : '-';
  return names.map((name) => rowOf(name, text(before, name), text(after, name)));
}

function counterRows(before: WireVcpu, after: WireVcpu): StateRow[] {
  const was = new Map(Object.entries(before.counters));
  return Object.entries(after.counters)
    .map(([name, count]) => rowOf(name, String(was.get(name)), String(count)))
    .filter(({ isChanged }) => isChanged);
}

function rowOf(name: string, before: string, after: string): StateRow {
  return { name, before, after, isChanged: before !== after };
}
