import { wordToHex } from '../machine/index.js';
import { hvFlush, ON_HYPER_V, onGuest, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { isHvFlushable } from '../vcpu/index.js';
import type { Defect } from './defect.js';

export const hvFlushNonCanonical: Defect = {
  title: 'INVVPID of an address that is not canonical',
  source: 'fa787ac07b3c KVM: x86/hyper-v: Skip non-canonical addresses during PV TLB flush',
  what: 'A hypercall that flushes a list gives its addresses to INVVPID unchecked, which fails.',
  lifetime: { first: '6.2', last: '6.15', lastOf: { '6.12': '6.12.40' }, repair: 'fa787ac07b3c' },
  where: 'kvm_hv_vcpu_flush_tlb()',
  seams: [
    around(isHvFlushable, (sound) => (vm, vcpu, entry) => {
      if (!sound(vm, vcpu, entry)) {
        throw new Error(`WARN: invvpid failed: ext=0x0 gva=${wordToHex(entry)}`);
      }
      return true;
    }),
  ],
  judge: 'assertion',
  scene: onGuest([read(X), hvFlush(0xaaaaaaaaaa000, X), read(X)], ON_HYPER_V),
};
