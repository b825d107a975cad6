import { describe, expect, test } from 'vitest';
import type { KernelVersion } from '../../src/mmu/index.js';
import { newPgd } from '../../src/mmu/roots/index.js';
import { CURRENT, type MmuEvent } from '../../src/mmu/schema/index.js';
import { getPage } from '../../src/mmu/shadow/index.js';
import {
  currentRoot,
  fillRoot,
  prevRootsOf,
  type RootSlot,
  recordAt,
  type Vcpu,
} from '../../src/mmu/state/index.js';
import { createLab, type Lab } from './lab.js';

/**
 * Kernel reference, section 4.5. Letters are usable roots, `-` an invalid slot, `P` a PAE root;
 * each row is the current root and `prev_roots`, what is wanted, and what each algorithm does.
 */
const VECTORS = `
  A / B C D | A | hit A / B C D          | same
  A / B C D | B | hit B / A C D          | same
  A / B C D | C | hit C / A B D          | same
  A / B C D | D | hit D / A B C          | same
  A / B C D | E | miss - / A B C freed D | same
  A / - C D | C | hit C / A - D          | same
  A / - C D | D | hit D / A - C          | same
  A / - C D | E | miss - / A - C freed D | same
  A / B - D | D | hit D / A B -          | same
  A / B - D | E | miss - / A B - freed D | same
  A / B - - | E | miss - / A B -         | same
  A / - - - | B | miss - / A - -         | same
  - / B C D | B | hit B / - C D          | hit B / C D -
  - / B C D | C | hit C / - B D          | hit C / B D -
  - / B C D | D | hit D / - B C          | hit D / B C -
  - / B C D | E | miss - / - B C freed D | miss - / B C D
  - / B - D | D | hit D / - B -          | hit D / B - -
`;

const ROWS = VECTORS.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim().replace(/\s+/g, ' ')))
  .map(([start, wanted, to517, since518]) => ({
    start: start as string,
    wanted: wanted as string,
    to517: to517 as string,
    since518: (since518 === 'same' ? to517 : since518) as string,
  }));

describe('the rotation of prev_roots', () => {
  test.each(ROWS)('to v5.17: $start, wanted $wanted', ({ start, wanted, to517 }) => {
    expect(switchFrom('5.14', start, wanted)).toBe(to517);
  });

  test.each(ROWS)('since v5.18: $start, wanted $wanted', ({ start, wanted, since518 }) => {
    expect(switchFrom('6.1', start, wanted)).toBe(since518);
  });

  test('since v5.18 a PAE root is freed first, and the cache is searched', () => {
    expect(switchFrom('6.1', 'P / B C D', 'B')).toBe('hit B / C D - freed P');
  });

  test('to v5.17 a PAE root is freed, and the cache is not searched', () => {
    const lab = createLab({ kernel: '5.14' });
    lab.vcpu.rootMmu.guestLevels = 3;
    expect(switchIn(lab, 'P / B C D', 'B')).toBe('miss - / B C D freed P');
  });

  test('a root in another role is not usable, whatever its pgd', () => {
    const lab = createLab({ kernel: '6.1' });
    place(lab, 'A / B - -');
    lab.vcpu.rootMmu.role += 1;
    expect(switchTo(lab, 'B')).toBe('miss - / A B -');
  });

  test('the low bits of a pgd count: the same table under another PCID is another root', () => {
    const lab = createLab({ kernel: '6.1' });
    place(lab, 'A / - - -');
    newPgd(lab.vm, lab.vcpu, { ...pgdOf('A'), low: 1 }, null);
    expect(lettersOf(lab.vcpu)).toBe('- / A - -');
  });
});

function switchFrom(kernel: KernelVersion, start: string, wanted: string): string {
  return switchIn(createLab({ kernel, policy: 'mainline' }), start, wanted);
}

function switchIn(lab: Lab, start: string, wanted: string): string {
  place(lab, start);
  return switchTo(lab, wanted);
}

/** Switches, and says what happened in the notation of the table. */
function switchTo({ vm, vcpu }: Lab, wanted: string): string {
  const freed: string[] = [];
  let found = 'miss';
  newPgd(vm, vcpu, pgdOf(wanted), (_vcpu, event: MmuEvent) => {
    if (event.kind === 'root-reused') found = 'hit';
    if (event.kind === 'root-evicted' || event.kind === 'root-freed')
      freed.push(letterOf(event.pgd));
    return 0;
  });
  const suffix = freed.length === 0 ? '' : ` freed ${freed.join(' ')}`;
  return `${found} ${lettersOf(vcpu)}${suffix}`;
}

/** Puts roots into the slots of `root_mmu` by hand, each with its shadow page. */
function place(lab: Lab, text: string): void {
  const letters = text.replace('/', '').split(/\s+/).filter(Boolean);
  for (const [place, letter] of letters.entries()) {
    if (letter !== '-') putRoot(lab, CURRENT + place, letter);
  }
}

function putRoot({ vm, vcpu }: Lab, slot: number, letter: string): void {
  const pgd = pgdOf(letter);
  const { role } = vcpu.rootMmu;
  const page = letter === 'P' ? null : getPage(vm, vcpu, { gfn: pgd.page, role }, null).page;
  if (page !== null) page.rootCount += 1;
  fillRoot(recordAt(vcpu.rootMmu, slot), pgd, page?.hpa ?? 0, page);
}

function pgdOf(letter: string) {
  return { page: letter.charCodeAt(0), low: 0 };
}

function letterOf({ page }: { page: number }): string {
  return String.fromCharCode(page);
}

function lettersOf({ rootMmu }: Vcpu): string {
  const letter = (slot: RootSlot) => (slot === null ? '-' : letterOf(slot.pgd));
  return `${letter(currentRoot(rootMmu))} / ${prevRootsOf(rootMmu).map(letter).join(' ')}`;
}
