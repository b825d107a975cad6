/*
 * KVM's root cache on one vCPU, with shadow paging and CR4.PCIDE set, in Promela.
 *
 * A root is named by its address space, which has one table and one PCID. Nothing edits the tables,
 * so nothing is ever unsync. The macros have their names of Linux v6.1, arch/x86/kvm.
 *
 * Every command prints the state before it and after it (compile pan with -DPRINTF), so that the
 * graph can be held against others. The constants are of one policy; README.md says which.
 */

#ifndef SPACES
#define SPACES 2        /* address spaces of the guest */
#define PREV 1          /* KVM_MMU_NUM_PREV_ROOTS */
#define MOV_CR3 FREE    /* a previous root that a flushing MOV CR3 covers */
#define INVPCID FREE    /* a previous root that INVPCID of its PCID covers */
#define ALL KEEP        /* a previous root that a flush of the whole TLB covers */
#define MOV_CR3_CUR KEEP /* the same of the current root */
#define INVPCID_CUR KEEP
#define ALL_CUR KEEP
#define SETTLED 1       /* a mark is forgotten when it is settled, and not when it is raised */
#define VICTIM 0        /* the slot to give up: 0 the last, 1 a hole if there is one, 2 the current */
#endif

#define KEEP 0
#define FREE 1
#define MARK 2
#define NONE SPACES     /* INVALID_PAGE */
#define SLOTS (PREV + 1)

typedef Root { byte pgd; bit sync; bit flush; bit ran };

bit running = 1;        /* the guest runs, and not KVM */
byte cr3 = 0;
Root roots[SLOTS];      /* 0 is mmu->root, n is mmu->prev_roots[n - 1] */
bit sync_req;           /* KVM_REQ_MMU_SYNC */
bit load_req;           /* KVM_REQ_LOAD_MMU_PGD */
bit current_req;        /* KVM_REQ_TLB_FLUSH_CURRENT */
bit guest_req;          /* KVM_REQ_TLB_FLUSH_GUEST */
bit cached[SPACES];     /* what the TLB holds, by PCID */

/* Only for the length of a command, and zero between two of them. */
byte i, j, found;
bit kept, owes_sync, owes_flush;

inline put_state() {
  printf("%d %d ", running, cr3);
  for (i : 0 .. PREV) {
    printf("%d %d %d %d ", roots[i].pgd, roots[i].sync, roots[i].flush, roots[i].ran)
  }
  printf("%d %d %d %d ", sync_req, load_req, current_req, guest_req);
  for (i : 0 .. SPACES - 1) { printf("%d ", cached[i]) }
  i = 0
}

inline clear_root(slot) {
  roots[slot].pgd = NONE; roots[slot].sync = 0; roots[slot].flush = 0; roots[slot].ran = 0
}

inline copy_root(to, from) {
  roots[to].pgd = roots[from].pgd; roots[to].sync = roots[from].sync;
  roots[to].flush = roots[from].flush; roots[to].ran = roots[from].ran
}

/* vpid_sync_context(): all PCIDs of the VPID, so that no root owes a flush any more. */
inline flush_vpid() {
  for (i : 0 .. SPACES - 1) { cached[i] = 0 }
  for (i : 0 .. PREV) { roots[i].flush = 0; roots[i].ran = 0 }
  i = 0
}

/* kvm_mmu_sync_roots(): of the current root alone. */
inline sync_roots() {
  if :: roots[0].pgd != NONE -> roots[0].sync = 0 :: else fi
}

/* The policy's choice for one root. */
inline decide(slot, fate) {
  if
  :: roots[slot].pgd != NONE && fate == FREE -> clear_root(slot)
  :: roots[slot].pgd != NONE && fate == MARK -> roots[slot].sync = 1; roots[slot].flush = 1
  :: else
  fi
}

/* kvm_vcpu_flush_tlb_guest(). A policy that frees the current root unloads the MMU, as v5.14 did. */
inline flush_tlb_guest() {
  if
  :: ALL_CUR == FREE -> for (j : 0 .. PREV) { clear_root(j) }
  :: else ->
    decide(0, ALL_CUR);
    sync_roots();
    j = 1; do :: j <= PREV -> decide(j, ALL); j++ :: else -> break od;
    flush_vpid()
  fi;
  j = 0
}

/*
 * vcpu_enter_guest(): requests in the order of their bits, then kvm_mmu_reload(). Nothing that is
 * done here makes a request.
 */
inline enter_guest() {
  if
  :: !running ->
    if :: sync_req -> sync_req = 0; sync_roots() :: else fi;
    load_req = 0;
    if
    :: current_req ->
      current_req = 0;
      if :: roots[0].pgd != NONE -> flush_vpid() :: else fi
    :: else
    fi;
    if :: guest_req -> guest_req = 0; flush_tlb_guest() :: else fi;
    /* kvm_mmu_load() */
    if :: roots[0].pgd == NONE -> roots[0].pgd = cr3; roots[0].sync = 0; flush_vpid() :: else fi;
    running = 1;
    roots[0].ran = 1
  :: else
  fi
}

/* is_root_usable(), for each slot in turn; SLOTS if it is true of none. */
inline find(pgd_) {
  found = 0;
  do :: found < SLOTS && roots[found].pgd != pgd_ -> found++ :: else -> break od
}

/* cached_root_find_and_keep_current(): the roots before a slot move back by one. */
Root moved;
inline rotate(last) {
  moved.pgd = roots[last].pgd; moved.sync = roots[last].sync;
  moved.flush = roots[last].flush; moved.ran = roots[last].ran;
  j = last;
  do :: j > 0 -> copy_root(j, j - 1); j-- :: else -> break od;
  roots[0].pgd = moved.pgd; roots[0].sync = moved.sync;
  roots[0].flush = moved.flush; roots[0].ran = moved.ran;
  moved.pgd = 0; moved.sync = 0; moved.flush = 0; moved.ran = 0
}

/* cached_root_find_without_current(): those behind it move up, and the hole comes last. */
inline fill() {
  copy_root(0, found);
  j = found;
  do :: j < PREV -> copy_root(j, j + 1); j++ :: else -> break od;
  clear_root(PREV);
  j = 0
}

inline victim() {
  found = PREV;
  if
  :: VICTIM == 2 -> found = 0
  :: VICTIM == 1 ->
    i = PREV;
    do
    :: i > 0 -> if :: roots[i].pgd == NONE -> found = i :: else fi; i--
    :: else -> break
    od
  :: else
  fi
}

/* fast_pgd_switch() and kvm_mmu_new_pgd() */
inline new_pgd(pgd_) {
  kept = (roots[0].pgd != NONE);
  find(pgd_);
  if
  :: found == SLOTS ->
    if :: kept -> victim(); rotate(found); clear_root(0) :: else fi
  :: else ->
    owes_sync = roots[found].sync; owes_flush = roots[found].flush;
    if
    :: found > 0 && kept -> rotate(found)
    :: found > 0 && !kept -> fill()
    :: else
    fi;
    load_req = 1;
    sync_req = sync_req | owes_sync;
    current_req = current_req | owes_flush;
    if :: SETTLED == 0 -> roots[0].sync = 0; roots[0].flush = 0 :: else fi
  fi;
  found = 0; kept = 0; owes_sync = 0; owes_flush = 0
}

/* kvm_invalidate_pcid() */
inline invalidate_pcid(pcid, current, previous) {
  if :: cr3 == pcid -> sync_req = 1; current_req = 1; decide(0, current) :: else fi;
  j = 1;
  do
  :: j <= PREV -> if :: roots[j].pgd == pcid -> decide(j, previous) :: else fi; j++
  :: else -> break
  od;
  j = 0
}

/* The guest runs up to an instruction that leaves it. */
inline vmexit() { enter_guest(); running = 0 }

inline mov_cr3(p) {
  if :: p != cr3 -> new_pgd(p); cr3 = p :: else fi
}

inline before(kind, p) { printf("E %d %d ", kind, p); put_state() }
inline after() { put_state(); printf("$\n") }

/* One vCPU: what befalls it with an address space named, and without. */
#define WITH(p) \
  :: d_step { before(0, p); vmexit(); mov_cr3(p); invalidate_pcid(p, MOV_CR3_CUR, MOV_CR3); after() } \
  :: d_step { before(1, p); vmexit(); mov_cr3(p); after() } \
  :: d_step { before(2, p); vmexit(); invalidate_pcid(p, INVPCID_CUR, INVPCID); after() } \
  :: d_step { before(5, p); running = 0; new_pgd(p); cr3 = p; after() }

init {
  d_step {
    for (i : 1 .. PREV) { clear_root(i) }
    i = 0;
    roots[0].ran = 1
  };
  do
  WITH(0)
  WITH(1)
#if SPACES > 2
  WITH(2)
#endif
#if SPACES > 3
  WITH(3)
#endif
  :: d_step { before(3, 0); vmexit(); guest_req = 1; after() }
  :: d_step { before(4, 0); enter_guest(); cached[cr3] = 1; after() }
  od
}

/* The guest runs on the root of its CR3. */
ltl runs_on_cr3 { [] (running -> roots[0].pgd == cr3) }
