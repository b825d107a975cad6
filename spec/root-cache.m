-- KVM's root cache on one vCPU, with shadow paging and CR4.PCIDE set, in Murphi.
--
-- A root is named by its address space, which has one table and one PCID. Nothing edits the tables, so
-- nothing is ever unsync. The functions have their names of Linux v6.1, arch/x86/kvm.
--
-- Every rule prints the state before it and after it, so that the graph can be held against others.
-- The constants between the two marks are of one policy; README.md says which values each has.

const
  -- <constants>
  SPACES: 2;      -- address spaces of the guest
  PREV: 1;        -- KVM_MMU_NUM_PREV_ROOTS
  MOV_CR3: 1;     -- of a previous root that a flushing MOV CR3 covers: 0 keep, 1 free, 2 mark
  INVPCID: 1;     -- of a previous root that INVPCID of its PCID covers
  ALL: 0;         -- of a previous root that a flush of the whole TLB covers
  MOV_CR3_CUR: 0; -- the same of the current root
  INVPCID_CUR: 0;
  ALL_CUR: 0;
  SETTLED: 1;     -- whether a mark is forgotten when it is settled, and not when it is raised
  VICTIM: 0;      -- the slot to give up: 0 the last one, 1 a hole if there is one, 2 the current root
  -- </constants>
  KEEP: 0; FREE: 1; MARK: 2;
  NONE: SPACES;   -- INVALID_PAGE
  NOT_FOUND: PREV + 1;

type
  Space: 0..SPACES - 1;
  Slot: 0..PREV;  -- 0 is mmu->root, n is mmu->prev_roots[n - 1]
  Root: record pgd: 0..SPACES; sync: boolean; flush: boolean; ran: boolean; end;

var
  running: boolean;             -- the guest runs, and not KVM
  cr3: Space;
  roots: array [Slot] of Root;
  sync_req: boolean;            -- KVM_REQ_MMU_SYNC
  load_req: boolean;            -- KVM_REQ_LOAD_MMU_PGD
  current_req: boolean;         -- KVM_REQ_TLB_FLUSH_CURRENT
  guest_req: boolean;           -- KVM_REQ_TLB_FLUSH_GUEST
  cached: array [Space] of boolean; -- what the TLB holds, by PCID

procedure put_bit(b: boolean); begin put b ? 1 : 0; put " "; end;

procedure put_state();
begin
  put_bit(running); put cr3 + 0; put " ";
  for i: Slot do
    put roots[i].pgd + 0; put " ";
    put_bit(roots[i].sync); put_bit(roots[i].flush); put_bit(roots[i].ran);
  end;
  put_bit(sync_req); put_bit(load_req); put_bit(current_req); put_bit(guest_req);
  for p: Space do put_bit(cached[p]); end;
end;

procedure clear_root(i: Slot);
begin
  roots[i].pgd := NONE; roots[i].sync := false; roots[i].flush := false; roots[i].ran := false;
end;

-- vpid_sync_context(): all PCIDs of the VPID, so that no root owes a flush any more.
procedure flush_vpid();
begin
  for p: Space do cached[p] := false; end;
  for i: Slot do roots[i].flush := false; roots[i].ran := false; end;
end;

-- kvm_mmu_sync_roots(): of the current root alone.
procedure sync_roots();
begin
  if roots[0].pgd != NONE then roots[0].sync := false; end;
end;

-- The policy's choice for one root.
procedure decide(i: Slot; fate: 0..2);
begin
  if roots[i].pgd != NONE then
    if fate = FREE then clear_root(i); end;
    if fate = MARK then roots[i].sync := true; roots[i].flush := true; end;
  end;
end;

-- kvm_vcpu_flush_tlb_guest(). A policy that frees the current root unloads the MMU, as v5.14 did.
procedure flush_tlb_guest();
begin
  if ALL_CUR = FREE then
    for i: Slot do clear_root(i); end;
  else
    decide(0, ALL_CUR);
    sync_roots();
    for i: Slot do if i > 0 then decide(i, ALL); end; end;
    flush_vpid();
  end;
end;

-- vcpu_enter_guest(): requests in the order of their bits, then kvm_mmu_reload(). Nothing that is
-- done here makes a request.
procedure enter_guest();
begin
  if !running then
    if sync_req then sync_req := false; sync_roots(); end;
    load_req := false;
    if current_req then
      current_req := false;
      if roots[0].pgd != NONE then flush_vpid(); end;
    end;
    if guest_req then guest_req := false; flush_tlb_guest(); end;
    -- kvm_mmu_load()
    if roots[0].pgd = NONE then
      roots[0].pgd := cr3; roots[0].sync := false;
      flush_vpid();
    end;
    running := true;
    roots[0].ran := true;
  end;
end;

-- is_root_usable(), for each slot in turn.
function find(pgd: Space): 0..PREV + 1;
begin
  for i: Slot do if roots[i].pgd = pgd then return i; end; end;
  return NOT_FOUND;
end;

-- cached_root_find_and_keep_current(): the roots before a slot move back by one.
procedure rotate(last: Slot);
var moved: Root; displaced: Root;
begin
  moved := roots[last];
  for i: Slot do
    if i <= last then displaced := roots[i]; roots[i] := moved; moved := displaced; end;
  end;
end;

-- cached_root_find_without_current(): those behind it move up, and the hole comes last.
procedure fill(found: Slot);
begin
  roots[0] := roots[found];
  for i: Slot do
    if i >= found & i < PREV then roots[i] := roots[i + 1]; end;
  end;
  clear_root(PREV);
end;

function victim(): Slot;
begin
  if VICTIM = 2 then return 0; end;
  if VICTIM = 1 then
    for i: Slot do if i > 0 & roots[i].pgd = NONE then return i; end; end;
  end;
  return PREV;
end;

-- fast_pgd_switch() and kvm_mmu_new_pgd()
procedure new_pgd(pgd: Space);
var found: 0..PREV + 1; kept: boolean; owes_sync: boolean; owes_flush: boolean;
begin
  kept := roots[0].pgd != NONE;
  found := find(pgd);
  if found = NOT_FOUND then
    if kept then rotate(victim()); clear_root(0); end;
  else
    owes_sync := roots[found].sync; owes_flush := roots[found].flush;
    if found > 0 then
      if kept then rotate(found); else fill(found); end;
    end;
    load_req := true;
    if owes_sync then sync_req := true; end;
    if owes_flush then current_req := true; end;
    if SETTLED = 0 then roots[0].sync := false; roots[0].flush := false; end;
  end;
end;

-- kvm_invalidate_pcid()
procedure invalidate_pcid(pcid: Space; current: 0..2; previous: 0..2);
begin
  if cr3 = pcid then
    sync_req := true; current_req := true;
    decide(0, current);
  end;
  for i: Slot do if i > 0 & roots[i].pgd = pcid then decide(i, previous); end; end;
end;

-- The guest runs up to an instruction that leaves it.
procedure vmexit(); begin enter_guest(); running := false; end;

startstate
begin
  running := true; cr3 := 0;
  for i: Slot do clear_root(i); end;
  roots[0].pgd := 0; roots[0].ran := true;
  sync_req := false; load_req := false; current_req := false; guest_req := false;
  for p: Space do cached[p] := false; end;
end;

ruleset p: Space do
  rule "MOV to CR3, with a flush" true ==> begin
    put "E 0 "; put p + 0; put " "; put_state();
    vmexit();
    if p != cr3 then new_pgd(p); cr3 := p; end;
    invalidate_pcid(p, MOV_CR3_CUR, MOV_CR3);
    put_state(); put "$\n";
  end;

  rule "MOV to CR3, without one" true ==> begin
    put "E 1 "; put p + 0; put " "; put_state();
    vmexit();
    if p != cr3 then new_pgd(p); cr3 := p; end;
    put_state(); put "$\n";
  end;

  rule "INVPCID of one PCID" true ==> begin
    put "E 2 "; put p + 0; put " "; put_state();
    vmexit();
    invalidate_pcid(p, INVPCID_CUR, INVPCID);
    put_state(); put "$\n";
  end;

  rule "KVM switches to another root" true ==> begin
    put "E 5 "; put p + 0; put " "; put_state();
    running := false;
    new_pgd(p); cr3 := p;
    put_state(); put "$\n";
  end;
end;

rule "INVPCID of everything" true ==> begin
  put "E 3 0 "; put_state();
  vmexit();
  guest_req := true;
  put_state(); put "$\n";
end;

rule "a load" true ==> begin
  put "E 4 0 "; put_state();
  enter_guest();
  cached[cr3] := true;
  put_state(); put "$\n";
end;

invariant "the guest runs on the root of its CR3" running -> roots[0].pgd = cr3;
