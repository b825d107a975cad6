import { type Mmu, type Vcpu, type Vm, wordToNumber } from '../../mmu/index.js';
import type { Command, CommandKind, CommandOf, MmuEventOf } from '../../mmu/schema/index.js';

/** Registers before a command, which may change them. */
export type Before = Readonly<Pick<Vcpu['regs'], 'cr0' | 'cr3' | 'cr4' | 'efer'>>;

/** The moment at which a slot lets go of its root: nothing of it has changed yet. */
export interface Loss {
  readonly vm: Vm;
  readonly vcpu: Vcpu;
  readonly command: Command;
  readonly before: Before;
  /** The request that is being serviced; null while the command itself acts. */
  readonly serviced: Request | null;
  readonly mmu: Mmu;
  /** -1 for the current root. */
  readonly slot: number;
  readonly root: Root;
}

type Root = Mmu['slots'][number];
/** The name of a request. */
export type Request = MmuEventOf<'request-serviced'>['request'];

type Grounds = (loss: Loss) => boolean;

/** Bits of the manual, once more: a statement that leans on the model's own would share its slips. */
const CR0 = { WP: 0x10000, PG: 0x80000000 } as const;
const CR4 = {
  ...{ PSE: 0x10, PAE: 0x20, PGE: 0x80, LA57: 0x1000, PCIDE: 0x20000 },
  ...{ SMEP: 0x100000, SMAP: 0x200000, PKE: 0x400000 },
} as const;
const EFER = { LME: 0x100, NX: 0x800 } as const;
const ROLE = { INVALID: 1 << 11, GUEST_MODE: 1 << 17 } as const;
/** Bits of CR4 that are part of a role. @see Linux `KVM_MMU_CR4_ROLE_BITS` */
const CR4_ROLE = CR4.PSE | CR4.PAE | CR4.LA57 | CR4.SMEP | CR4.SMAP | CR4.PKE;

/**
 * Whether KVM, as it is since v5.19 and with its own policy, gives up this root now. Anything else
 * it keeps: a root that is lost for no such reason has to be loaded again for nothing.
 */
export function isLossGrounded(loss: Loss): boolean {
  if (isUnusable(loss)) return true;
  const { serviced, command } = loss;
  if (serviced !== null && BY_REQUEST[serviced]?.(loss) === true) return true;
  return BY_COMMAND[command.kind]?.(loss) ?? false;
}

/**
 * A root without a page of its own (PAE, dummy) is never cached, and one that was zapped, or belongs
 * to the other generation, is obsolete.
 */
export function isUnusable({ vm, root: { page } }: Loss): boolean {
  if (page === null) return true;
  return (page.role & ROLE.INVALID) !== 0 || page.generation !== vm.shadow.generation;
}

const BY_REQUEST: Partial<Record<Request, Grounds>> = {
  /** @see Linux `kvm_mmu_unload()` */
  MMU_RELOAD: () => true,
  TLB_FLUSH_GUEST: isLeftUnsync,
  HV_TLB_FLUSH: isLeftUnsync,
  /** A guest may have left word for a flush there. @see Linux `record_steal_time()` */
  STEAL_UPDATE: isLeftUnsync,
};

/**
 * The current root is synced first. Then a previous one goes if anything below it is, or was,
 * unsync: a page that the current root holds as well is in step by then, while a page of its own
 * learns of a table further down only when it is synced itself.
 *
 * @see Linux `kvm_vcpu_flush_tlb_guest()`, `kvm_mmu_sync_prev_roots()`
 */
function isLeftUnsync({ vm, vcpu, mmu, slot, root: { page } }: Loss): boolean {
  if (vm.config.paging === 'ept' || mmu !== vcpu.mmu || slot === -1 || page === null) return false;
  return page !== mmu.slots[0]?.page && page.unsyncChildren > 0;
}

const BY_COMMAND: { readonly [K in CommandKind]?: Grounds } = {
  'mov-cr3': (loss) => {
    const { page, low } = (loss.command as CommandOf<'mov-cr3'>).value;
    return page < 2 ** 51 && hasPcid(loss, low);
  },
  invpcid: (loss) => {
    const { type, pcid } = loss.command as CommandOf<'invpcid'>;
    return wordToNumber(type) === 1 && hasPcid(loss, pcid.low);
  },
  invept: ({ command, mmu, root: { pgd } }) => {
    const { type, eptp } = command as CommandOf<'invept'>;
    const isMeant = wordToNumber(type) === 2 || pgd.page === eptp.page;
    return mmu.name === 'guest' && isMeant;
  },
  /** @see Linux `kvm_mmu_free_guest_mode_roots()` */
  invvpid: ({ vm, mmu, slot, root: { page } }) =>
    vm.config.paging === 'shadow' &&
    mmu.name === 'root' &&
    slot !== -1 &&
    ((page?.role ?? 0) & ROLE.GUEST_MODE) !== 0,
  /** @see Linux `kvm_post_set_cr4()` */
  'mov-cr4': ({ vm, vcpu, before }) => {
    const changed = vcpu.regs.cr4 ^ before.cr4;
    const setsPcide = (changed & vcpu.regs.cr4 & CR4.PCIDE) !== 0;
    return (changed & CR4_ROLE) !== 0 || (setsPcide && vm.config.paging === 'shadow');
  },
  /** @see Linux `kvm_post_set_cr0()` */
  'mov-cr0': ({ vm, vcpu, before }) => {
    const changed = vcpu.regs.cr0 ^ before.cr0;
    const isWpTold = vm.config.paging === 'shadow';
    return (changed & CR0.PG) !== 0 || ((changed & CR0.WP) !== 0 && isWpTold);
  },
  /** @see Linux `set_efer()` */
  'wrmsr-efer': ({ vcpu, before }) => ((vcpu.regs.efer ^ before.efer) & (EFER.NX | EFER.LME)) !== 0,
  /** @see Linux `__set_sregs()` */
  'set-sregs': ({ vcpu: { regs }, before }) =>
    regs.cr0 !== before.cr0 ||
    regs.cr4 !== before.cr4 ||
    regs.efer !== before.efer ||
    regs.cr3.page !== before.cr3.page ||
    regs.cr3.low !== before.cr3.low ||
    isPaePaging(regs),
  /** @see Linux `kvm_vcpu_reset()` */
  init: ({ before }) => (before.cr0 & CR0.PG) !== 0,
  /** @see Linux `nested_release_vmcs12()`, `free_nested()` */
  vmclear: ofGuestMmu,
  vmptrld: ofGuestMmu,
  vmxoff: ofGuestMmu,
  'reset-context': () => true,
  'free-roots': ({ command, mmu, slot }) => {
    const { mmu: named, roots } = command as CommandOf<'free-roots'>;
    return mmu.name === named && (roots.length === 0 || roots.includes(slot));
  },
};

/** A previous root of the PCID, where there are any. @see Linux `kvm_invalidate_pcid()` */
function hasPcid({ vm, vcpu, mmu, slot, root }: Loss, pcid: number): boolean {
  if (vm.config.paging === 'ept' || mmu !== vcpu.mmu || slot === -1) return false;
  return (vcpu.regs.cr4 & CR4.PCIDE) !== 0 && root.pgd.low === pcid;
}

function ofGuestMmu({ mmu }: Loss): boolean {
  return mmu.name === 'guest';
}

function isPaePaging({ cr0, cr4, efer }: Vcpu['regs']): boolean {
  return (cr0 & CR0.PG) !== 0 && (cr4 & CR4.PAE) !== 0 && (efer & EFER.LME) === 0;
}
