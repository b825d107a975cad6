import { interceptsInvlpg } from '../commands/invlpg.js';
import { invalidateLinearAddress } from '../roots/index.js';
import { invalidateIn, isNop } from '../roots/invalidate-address.js';
import { invlpg, launch, MOVED, onHypervisor, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const invlpgWalksArchMmu: Defect = {
  title: 'INVLPG of L2 is taken for a guest-physical address',
  source: '05b29633c7a9 KVM: X86: Use vcpu->arch.walk_mmu for kvm_mmu_invlpg()',
  what: 'INVLPG that KVM emulates for L2 looks in the shadow of the EPT, and flushes nothing.',
  lifetime: { first: '4.20', last: '5.14', repair: '05b29633c7a9' },
  where: 'kvm_mmu_invlpg()',
  seams: [
    around(interceptsInvlpg, () => () => true),
    around(invalidateLinearAddress, (sound) => (vm, vcpu, address, emit) => {
      const { mmu } = vcpu;
      if (mmu.name === 'root') sound(vm, vcpu, address, emit);
      else if (!isNop(vcpu, address))
        invalidateIn(vm, vcpu, { mmu, address, covers: () => true }, emit);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor([launch, read(X), MOVED, invlpg(X), READ_MOVED]),
};
