import { expect, test } from 'vitest';
import {
  createCensus,
  createReconstruction,
  createTextReader,
} from '../../../src/lab/trace/index.js';

/** Slots of KVM's cache, the current root among them. */
const CACHED = 4;
const USES = 300;

const line = (at: number, event: string) =>
  ` vmm-1 [000] ..... 1.${String(at).padStart(6, '0')}: ${event}\n`;

/** A guest on AMD that writes CR3: where KVM has the root, nothing tells which one it was. */
function traceOf(seed: number, roots: number): { text: string; loads: (number | null)[] } {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let cached: number[] = [];
  let text = line(0, 'kvm_entry: vcpu 0, rip 0x1');
  const loads: (number | null)[] = [];
  for (let at = 1; at <= USES; at += 1) {
    // Most guests go back to one of the last few.
    const root = cached.length > 0 && random(3) > 0 ? cached[random(cached.length)] : random(roots);
    const gfn = root as number;
    const isLoad = !cached.includes(gfn);
    cached = [gfn, ...cached.filter((one) => one !== gfn)].slice(0, CACHED);
    loads.push(isLoad ? gfn : null);
    text += line(2 * at, 'kvm_exit: vcpu 0 reason write_cr3 rip 0x1 info1 0x0 info2 0x0');
    if (isLoad) {
      const fields = `gfn ${(gfn + 256).toString(16)} l4 8-byte q0 wux nxe ad root 0 sync existing`;
      text += line(2 * at, `kvm_mmu_get_page: sp gen 0 ${fields}`);
    }
    text += line(2 * at + 1, 'kvm_entry: vcpu 0, rip 0x1');
  }
  return { text, loads };
}

/** Roots that were written, as they are reconstructed. */
function writesIn(text: string): number[] {
  const writes: number[] = [];
  const reconstruction = createReconstruction(createCensus(), (_vm, { placed }) => {
    for (const { command } of placed) {
      if (command.kind === 'mov-cr3') writes.push(command.value.page - 256);
    }
  });
  const reader = createTextReader(createCensus(), reconstruction.take);
  reader.push(text);
  reader.end();
  reconstruction.end();
  return writes;
}

test.each(Array.from({ length: 24 }, (_, seed) => [seed + 1, 5 + (seed % 4)] as const))(
  'guessed roots explain every load and every missing one: seed %i, %i roots',
  (seed, roots) => {
    const { text, loads } = traceOf(seed, roots);
    const writes = writesIn(text);
    expect(writes).toHaveLength(USES);
    let cached: number[] = [];
    const explained = writes.map((root) => {
      const isLoad = !cached.includes(root);
      cached = [root, ...cached.filter((one) => one !== root)].slice(0, CACHED);
      return isLoad ? root : null;
    });
    expect(explained).toEqual(loads);
  },
);
