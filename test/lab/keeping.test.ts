import { describe, expect, test } from 'vitest';
import { KeepingWatch } from '../../src/lab/keeping/index.js';
import { createVm, hex, type PolicyName, step, type Vm } from '../../src/mmu/index.js';
import {
  A,
  type Act,
  B,
  cr0,
  cr3,
  cr4,
  EPTP,
  efer,
  enter,
  hvFlush,
  invept,
  invlpg,
  invpcid,
  launch,
  leave,
  MOVED,
  nf,
  ON_HYPER_V,
  OTHER_EPTP,
  on,
  onGuest,
  onHypervisor,
  PV_FLUSH,
  preempt,
  pte,
  read,
  resume,
  type Scene,
  SPARE,
  store,
  vmwrite,
  X,
} from '../../src/mmu/scenes/index.js';
import { Command, VmConfig, type VmConfigInput } from '../../src/mmu/schema/index.js';

/** Carries out a scene; what the watch says of each act, without the sentence around it. */
function watched({ config, stage, acts }: Scene, changes: VmConfigInput): (string | null)[] {
  const vm = createVm(VmConfig.parse({ ...config, kernel: '6.1', ...changes }));
  for (const command of stage) step(vm, Command.parse(command), null);
  return acts.map(({ command }) => verdictOn(vm, Command.parse(command)));
}

function verdictOn(vm: Vm, command: Command, meddle = () => {}): string | null {
  const watch = new KeepingWatch(vm, command);
  step(vm, command, (vcpu, event) => {
    watch.see(vcpu, event);
    return 0;
  });
  meddle();
  const said = watch.verdict();
  return said?.replace(/^Over-invalidation: (.*), which had to stay$/, '$1') ?? null;
}

const PCIDE = cr4('0x200a0');
/** The page of the second address space, which the current root has, is another one. */
const B_MOVED = store(B + 0x3000, pte(SPARE));
const twoPcids: readonly Act[] = [PCIDE, nf(A + 1), read(X), nf(B + 2), read(X)];
const twoEpts: readonly Act[] = [
  ...[launch, read(X), leave, vmwrite('EPT_POINTER', OTHER_EPTP), resume, read(X), leave],
];

describe('a policy that throws away more than mainline', () => {
  test.each<[string, PolicyName, readonly Act[], string]>([
    [
      'frees roots that are in step on a guest-wide flush',
      'mainline-5.14',
      [...twoPcids, invpcid(2, 0), enter],
      'TLB_FLUSH_GUEST freed root 0x100000000 (pgd 0x100001) of root_mmu in slot prev0',
    ],
    [
      'frees every root of PCID 0 on a MOV CR3 while PCIDE is clear',
      'mainline-5.14',
      [read(X), cr3(B), read(X), cr3(A)],
      'mov-cr3 freed root 0x100000000 (pgd 0x100000) of root_mmu in slot prev0',
    ],
    [
      'frees the root that a switch leaves',
      'never-cache',
      [read(X), cr3(B)],
      'A switch gave up root 0x100000000, which was not in the last slot',
    ],
  ])('%s', (_what, policy, acts, says) => {
    const said = watched(onGuest(acts), { policy }).filter((one) => one !== null);
    expect(said[0]).toBe(says);
  });
});

describe('nothing is said of mainline', () => {
  test.each<[string, Scene, VmConfigInput]>([
    ['MOV CR3', onGuest([...twoPcids, cr3(A + 1), cr3(B + 1), read(X)]), {}],
    ['INVPCID of a PCID', onGuest([...twoPcids, MOVED, invpcid(1, 1), nf(A + 1), read(X)]), {}],
    ['INVPCID of all', onGuest([...twoPcids, MOVED, invpcid(3, 0), read(X)]), {}],
    ['INVPCID and INVLPG of an address', onGuest([...twoPcids, invpcid(0, 1), invlpg(X)]), {}],
    ['MOV CR4', onGuest([...twoPcids, cr4('0x20020'), read(X), cr4('0x20'), PCIDE, read(X)]), {}],
    ['MOV CR0 and EFER', onGuest([...twoPcids, cr0('0x80000033'), efer('0x500'), read(X)]), {}],
    ['INVEPT of one', onHypervisor([...twoEpts, invept(1, EPTP), resume, read(X)]), {}],
    ['INVEPT of all', onHypervisor([...twoEpts, invept(2, 0), resume, read(X)]), {}],
    [
      'a flush that another vCPU left in the steal time',
      onGuest([...twoPcids, preempt(0), on(1, MOVED), on(1, B_MOVED), PV_FLUSH, read(X)]),
      { vcpus: 2 },
    ],
    [
      'a run of pages that a hypercall names',
      onGuest([read(X), read(X + 0x1000), on(1, read(X)), hvFlush(X + 1), invlpg(X)], ON_HYPER_V),
      ON_HYPER_V.config,
    ],
    ['EPT', onGuest([...twoPcids, cr3(A + 1), invpcid(1, 2), invpcid(2, 0)]), { paging: 'ept' }],
  ])('%s', (_what, scene, changes) => {
    const said = watched(scene, { policy: 'mainline', ...changes });
    expect(said).toEqual(scene.acts.map(() => null));
  });
});

describe('of a TLB', () => {
  /** A guest under EPT, whose TLB has something under two PCIDs, and an INVLPG. */
  function verdict(meddle: (vm: Vm) => void): string | null {
    const { config, stage, acts } = onGuest([...twoPcids, read(X + 0x1000)]);
    const vm = createVm(VmConfig.parse({ ...config, paging: 'ept' }));
    for (const command of stage) step(vm, Command.parse(command), null);
    for (const { command } of acts) step(vm, Command.parse(command), null);
    return verdictOn(vm, Command.parse(invlpg(X).command), () => meddle(vm));
  }
  const tagsOf = (vm: Vm) => vm.vcpus[0]?.tlb?.contexts ?? [];

  test('what a flush names may go', () => {
    expect(verdict(() => {})).toBe(null);
  });

  test.each([
    ['of the same PCID', 2],
    ['of another PCID', 1],
  ])('another page %s stays', (_what, pcid) => {
    const says = verdict((vm) => {
      tagsOf(vm)
        .find((tag) => tag.kind === 'combined' && tag.pcid === pcid)
        ?.entries.clear();
    });
    expect(says).toMatch(
      /^the TLB lost \d entries of a tag \(combined, .*\), and flushes named \d$/,
    );
  });
});

test('no root goes without a word', () => {
  const { config, stage, acts } = onGuest(twoPcids);
  const vm = createVm(VmConfig.parse(config));
  for (const command of stage) step(vm, Command.parse(command), null);
  for (const { command } of acts) step(vm, Command.parse(command), null);
  const root = vm.vcpus[0]?.rootMmu.slots[0] ?? { hpa: 0 };
  const { hpa } = root;
  const says = verdictOn(vm, Command.parse(enter.command), () =>
    Object.assign(root, { hpa: 2 ** 64, page: null }),
  );
  expect(says).toBe(`root ${hex(hpa)} went without a word`);
});
