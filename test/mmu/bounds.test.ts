import { describe, expect, test } from 'vitest';
import { currentRoot, prevRootsOf } from '../../src/mmu/state/index.js';
import { createLab, kindsOf, slotsOf } from './lab.js';

describe('the pages of a VM', () => {
  test('are bounded: the oldest that are no root are recycled', () => {
    const lab = createLab({ mmuPages: 64 });
    for (let frame = 0x100; frame < 0x100 + 59; frame += 1) loadRoot(lab, frame);
    expect(lab.vm.shadow.active.size).toBe(59);

    // Five are free: the next page is created without recycling, and the one after it recycles.
    loadRoot(lab, 0x200);
    expect(lab.vm.shadow.active.size).toBe(60);
    loadRoot(lab, 0x201);
    expect(kindsOf(lab.events).filter((kind) => kind === 'page-zapped')).toHaveLength(21);
    expect(lab.vm.shadow.active.size).toBe(60 - 21 + 1);
    expect(lab.vm.shadow.byGfn.has(0x100)).toBe(false);
  });

  test('are never recycled while a slot holds them', () => {
    const lab = createLab({ mmuPages: 64, prevRoots: 3 });
    for (let frame = 0x100; frame < 0x100 + 200; frame += 1) loadRoot(lab, frame);
    expect(lab.vm.shadow.active.size).toBeLessThanOrEqual(60);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('1c7000 1c6000 1c5000 1c4000');
    const { rootMmu } = lab.vcpu;
    for (const root of [currentRoot(rootMmu), ...prevRootsOf(rootMmu)]) {
      expect(root?.page && lab.vm.shadow.active.has(root.page)).toBe(true);
    }
  });
});

describe('the VMCS regions of a VM', () => {
  test('are bounded, and the bound is said; a region in use can still be loaded', () => {
    const lab = createLab({ registers: { cr4: '0x20a0' } });
    lab.run({ kind: 'vmxon', address: '0x1000' });
    for (let frame = 0; frame < 256; frame += 1) {
      lab.run({ kind: 'vmclear', address: `0x${(0x100 + frame).toString(16)}000` });
    }
    expect(() => lab.run({ kind: 'vmclear', address: '0x900000' })).toThrow(
      'Cannot run "vmclear": 256 VMCS regions are in use, which is the bound of a VM',
    );
    expect(lab.run({ kind: 'vmptrld', address: '0x100000' })).toEqual({ kind: 'ok' });
  });
});

function loadRoot(lab: ReturnType<typeof createLab>, frame: number): void {
  lab.run({ kind: 'load-root', pgd: `0x${frame.toString(16)}000` });
  lab.run({ kind: 'enter' });
}
