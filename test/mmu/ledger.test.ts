import { describe, expect, test } from 'vitest';
import { ledgerStateOf } from '../../src/mmu/index.js';
import type { LedgerState, VmConfigInput } from '../../src/mmu/schema/index.js';
import type { Lab, LabCommand } from './lab.js';
import {
  createGuest,
  DATA,
  entryFor,
  frameAt,
  hex,
  noFlush,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';

const [A, B] = ROOTS;

type Deed = 'flush' | 'sync' | 'free';

/** `command necessary/harmless/wasted` of one kind of deed, where there was any. */
function judged({ vm }: Lab, deed: Deed): string[] {
  const [books] = ledgerStateOf(vm).vcpus as [LedgerState['vcpus'][number]];
  return books.commands
    .map((sums) => ({ command: sums.command, ...sums[deed] }))
    .filter(({ necessary, harmless, wasted }) => necessary + harmless + wasted > 0)
    .map(({ command, necessary, harmless, wasted }) => {
      return `${command} ${necessary}/${harmless}/${wasted}`;
    });
}

/** A guest with PCIDs that has used a page under each of two. What it did until then is not counted. */
function twoPcids(config: VmConfigInput = {}): Lab {
  const lab = createGuest(config);
  lab.run({ kind: 'mov-cr4', value: '0x200a0' });
  for (const cr3 of [A + 1, B + 2]) {
    lab.run(noFlush(cr3));
    frameAt(lab, DATA);
  }
  lab.vm.ledger?.books[0]?.sums.clear();
  return lab;
}

describe('a free', () => {
  test('was wasted if its root is loaded again and nothing below it had changed', () => {
    const lab = twoPcids();
    lab.run({ kind: 'invpcid', type: 1, pcid: 1, gva: '0x0' });
    expect(judged(lab, 'free')).toEqual(['invpcid 0/1/0']);
    lab.run(noFlush(A + 1));
    frameAt(lab, DATA);
    expect(judged(lab, 'free')).toEqual(['invpcid 0/0/1']);
  });

  test('was necessary if an entry below its root had changed', () => {
    const lab = twoPcids();
    writeEntry(lab, A + 0x3000, entryFor(0x15000));
    lab.run({ kind: 'invpcid', type: 1, pcid: 1, gva: '0x0' });
    lab.run(noFlush(A + 1));
    expect(frameAt(lab, DATA)).toBe(0x15);
    expect(judged(lab, 'free')).toEqual(['invpcid 1/0/0']);
  });

  test('was harmless if its root is never wanted again', () => {
    const lab = twoPcids();
    lab.run({ kind: 'invpcid', type: 1, pcid: 1, gva: '0x0' });
    frameAt(lab, DATA);
    expect(judged(lab, 'free')).toEqual(['invpcid 0/1/0']);
  });
});

describe('a flush', () => {
  test('was wasted if a page that it dropped is walked again to the same frame', () => {
    const lab = twoPcids();
    lab.run({ kind: 'mov-cr3', value: hex(B + 2) });
    lab.run({ kind: 'enter' });
    expect(judged(lab, 'flush')).toEqual(['mov-cr3 0/1/0']);
    frameAt(lab, DATA);
    expect(judged(lab, 'flush')).toEqual(['mov-cr3 0/0/1']);
  });

  test('was necessary if the page leads elsewhere now, even if others do not', () => {
    const lab = twoPcids();
    frameAt(lab, DATA + 4096);
    writeEntry(lab, B + 0x3000, entryFor(0x15000));
    lab.vm.ledger?.books[0]?.sums.clear();
    lab.run({ kind: 'mov-cr3', value: hex(B + 2) });
    frameAt(lab, DATA + 4096);
    expect(judged(lab, 'flush')).toEqual(['mov-cr3 0/0/1']);
    expect(frameAt(lab, DATA)).toBe(0x15);
    expect(judged(lab, 'flush')).toEqual(['mov-cr3 1/0/0']);
    frameAt(lab, DATA + 4096);
    expect(judged(lab, 'flush')).toEqual(['mov-cr3 1/0/0']);
  });
});

describe('a sync', () => {
  test('was harmless with nothing unsync below, wasted with nothing changed, or necessary', () => {
    const lab = twoPcids({ kernel: '7.3' });
    lab.run({ kind: 'mov-cr3', value: hex(B + 2) });
    lab.run({ kind: 'enter' });
    expect(judged(lab, 'sync')).toEqual(['mov-cr3 0/1/0']);
    writeEntry(lab, PT - A + B, entryFor((frameAt(lab, DATA) as number) * 4096));
    lab.run({ kind: 'mov-cr3', value: hex(B + 2) });
    lab.run({ kind: 'enter' });
    expect(judged(lab, 'sync')).toEqual(['mov-cr3 0/1/1']);
    writeEntry(lab, PT - A + B, entryFor(0x16000));
    lab.run({ kind: 'mov-cr3', value: hex(B + 2) });
    lab.run({ kind: 'enter' });
    expect(judged(lab, 'sync')).toEqual(['mov-cr3 1/1/1']);
  });
});

/**
 * Accounts made by hand: who is charged with what. A load, with its sync and its flush, is charged
 * to the command that left the MMU without a root, and what a request brings about to the command
 * that made it; never to the entry in which it happens.
 */
describe('an account', () => {
  const SWITCH = noFlush(A + 3);
  const ENTER: LabCommand = { kind: 'enter' };
  test.each<[string, readonly LabCommand[], Record<Deed, string[]>]>([
    [
      'of a root that KVM frees',
      [{ kind: 'free-roots', mmu: 'root', roots: ['current'] }, ENTER],
      // Its shadow page is still there, and nothing below it had changed.
      { free: ['free-roots 0/0/1'], sync: ['free-roots 0/1/0'], flush: ['free-roots 0/1/0'] },
    ],
    [
      'of a switch to a root that is not cached',
      [SWITCH, ENTER],
      { free: [], sync: ['mov-cr3 0/1/0'], flush: ['mov-cr3 0/1/0'] },
    ],
    [
      'of a switch, and of a free behind it, before anything is loaded',
      [SWITCH, { kind: 'free-roots', mmu: 'root', roots: [] }, ENTER],
      // Three roots were cached, that of PCID 0 among them. The switch had left no current one.
      { free: ['free-roots 0/3/0'], sync: ['mov-cr3 0/1/0'], flush: ['mov-cr3 0/1/0'] },
    ],
    [
      'of a flush of the active PCID',
      [{ kind: 'invpcid', type: 1, pcid: 2, gva: '0x0' }, ENTER],
      { free: [], sync: ['invpcid 0/1/0'], flush: ['invpcid 0/1/0'] },
    ],
    [
      'of requests that are made by one and serviced in another',
      [
        { kind: 'make-request', request: 'MMU_SYNC' },
        { kind: 'make-request', request: 'TLB_FLUSH_CURRENT' },
        ENTER,
      ],
      { free: [], sync: ['make-request 0/1/0'], flush: ['make-request 0/1/0'] },
    ],
    [
      'of a zap of all pages: the roots are freed, one is loaded anew, and all is flushed',
      [{ kind: 'zap-all' }, ENTER],
      // The root that is loaded again has another shadow page: what it had was not right any more.
      { free: ['zap-all 1/2/0'], sync: ['zap-all 0/1/0'], flush: ['zap-all 0/2/0'] },
    ],
  ])('%s', (_what, commands, account) => {
    const lab = twoPcids({ kernel: '7.3' });
    for (const command of commands) lab.run(command);
    expect({
      free: judged(lab, 'free'),
      sync: judged(lab, 'sync'),
      flush: judged(lab, 'flush'),
    }).toEqual(account);
  });
});
