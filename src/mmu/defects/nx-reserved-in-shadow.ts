import type { ShadowLeaf } from '../access/shadow-walk.js';
import { isUsable } from '../access/shadowed.js';
import { ACC_EXEC, EFER_NX } from '../machine/index.js';
import {
  cr0,
  cr4,
  execute,
  expecting,
  FRAME_A,
  OK,
  onGuest,
  PT,
  pf,
  pte,
  READ_ONLY,
  store,
  write,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { accOfSpte, isUsableSpte } from '../shadow/index.js';
import type { Vcpu } from '../state/index.js';
import type { Defect } from './defect.js';

export const nxReservedInShadow: Defect = {
  title: 'XD in a shadow counts as reserved',
  source: '5f0b819995e1 KVM: fix reserved bit check for ept=0/CR0.WP=0/CR4.SMEP=1/EFER.NX=0',
  what: 'Reserved bits of shadow entries follow the EFER.NX of the guest, not of the host.',
  lifetime: { first: '4.3', last: '4.4', repair: '5f0b819995e1' },
  where: 'reset_shadow_zero_bits_mask()',
  seams: [
    around(isUsable, (sound) => (vm, vcpu, leaf, request) => {
      const usable = sound(vm, vcpu, leaf, request);
      if (!usable) demandExecutable(vcpu, leaf);
      return usable;
    }),
  ],
  judge: 'assertion',
  scene: onGuest(
    [
      ...[store(PT, pte(FRAME_A, READ_ONLY)), store(PT + 8, pte(FRAME_A + 1, 0x63))],
      ...[cr0('0x80000033'), cr4('0x1000a0'), expecting(OK, write(X))],
      ...[expecting(pf(0x11), execute(X)), expecting(OK, execute(X + 4096))],
    ],
    { config: { registers: { efer: '0x500' } } },
  ),
};

function demandExecutable({ regs }: Vcpu, { spte }: ShadowLeaf): void {
  if (!isUsableSpte(spte) || (regs.efer & EFER_NX) !== 0) return;
  if ((accOfSpte(spte) & ACC_EXEC) !== 0) return;
  throw new Error('WARN: a shadow entry has a reserved bit set');
}
