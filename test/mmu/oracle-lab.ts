import { expect } from 'vitest';
import { allowedStateOf, isWatched } from '../../src/mmu/index.js';
import type { MmuEventOf, VmConfigInput } from '../../src/mmu/schema/index.js';
import type { Oracle, Tlb, TlbContext } from '../../src/mmu/state/index.js';
import type { Lab, LabCommand } from './lab.js';
import { createGuest, DATA, eventsOf, frameAt, hex } from './paged-guest.js';

const PCIDE: LabCommand = { kind: 'mov-cr4', value: '0x200a0' };
export const INVLPG: LabCommand = { kind: 'invlpg', gva: hex(DATA) };

/** A guest under EPT: what it caches, the processor alone drops. */
export function guest(config: VmConfigInput = {}): Lab {
  const lab = createGuest({ paging: 'ept', ...config });
  lab.run(PCIDE);
  return lab;
}

/** Does something after which the TLB holds what it held before: a processor that drops nothing. */
export function keepingTlb({ vcpu }: Lab, act: () => void): void {
  const tlb = vcpu.tlb as Tlb;
  const kept: TlbContext[] = structuredClone(tlb.contexts);
  const { size } = tlb;
  act();
  tlb.contexts.splice(0, tlb.contexts.length, ...kept);
  tlb.size = size;
}

export function violationOf(lab: Lab): MmuEventOf<'violation'> | null {
  const found = eventsOf(lab, 'violation');
  expect(found.length).toBeLessThan(2);
  return found[0] ?? null;
}

/** Reads the first page: its frame, and the rule that the read broke. */
export function readData(lab: Lab, address = DATA): string {
  const frame = frameAt(lab, address);
  const rule = violationOf(lab)?.rule ?? 'allowed';
  return `${typeof frame === 'number' ? hex(frame) : frame.kind} ${rule}`;
}

export function oracleOf({ vm }: Lab): Oracle {
  return vm.oracle as Oracle;
}

/** Frames to which an address may lead, newest first; `-` where nothing is let through. */
export function allowed(lab: Lab, address = DATA): string {
  const { vm, vcpu } = lab;
  if (!isWatched(vm)) throw new Error('no oracle');
  const { translations, complete } = allowedStateOf(vm, vcpu, { page: address / 4096, low: 0 });
  const frames = translations.map(({ gpa }) => (gpa === null ? '-' : hex(gpa / 4096)));
  return [...new Set(frames), ...(complete ? [] : ['...'])].join(' ');
}
