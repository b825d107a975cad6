------------------------------ MODULE RootCache ------------------------------
(* KVM's root cache on one vCPU, with shadow paging and CR4.PCIDE set. A root is *)
(* named by its address space, which has one table and one PCID. The operators   *)
(* have their names of Linux v6.1, arch/x86/kvm; see README.md.                  *)
EXTENDS Naturals

CONSTANTS Spaces, Prev, MovCr3, Invpcid, All, MovCr3Cur, InvpcidCur, AllCur, Settled, Victim

Space == 0 .. Spaces - 1
Slot == 0 .. Prev
None == Spaces
Hole == [pgd |-> None, sync |-> FALSE, flush |-> FALSE, ran |-> FALSE]

VARIABLES running, cr3, roots, reqs, cached
vars == <<running, cr3, roots, reqs, cached>>

(* A state as a record, so that steps compose. *)
Now == [running |-> running, cr3 |-> cr3, roots |-> roots, reqs |-> reqs, cached |-> cached]

Decided(root, fate) ==
  CASE root.pgd = None -> root
    [] fate = "free" -> Hole
    [] fate = "mark" -> [root EXCEPT !.sync = TRUE, !.flush = TRUE]
    [] OTHER -> root

(* vpid_sync_context() *)
FlushVpid(s) ==
  [s EXCEPT !.cached = [p \in Space |-> FALSE],
            !.roots = [i \in Slot |-> [s.roots[i] EXCEPT !.flush = FALSE, !.ran = FALSE]]]

(* kvm_mmu_sync_roots() *)
SyncRoots(s) == IF s.roots[0].pgd = None THEN s ELSE [s EXCEPT !.roots[0].sync = FALSE]

(* kvm_vcpu_flush_tlb_guest() *)
FlushTlbGuest(s) ==
  IF AllCur = "free" THEN [s EXCEPT !.roots = [i \in Slot |-> Hole]]
  ELSE LET current == SyncRoots([s EXCEPT !.roots[0] = Decided(s.roots[0], AllCur)])
       IN FlushVpid([current EXCEPT !.roots =
            [i \in Slot |-> IF i = 0 THEN current.roots[0] ELSE Decided(current.roots[i], All)]])

(* vcpu_enter_guest(): requests in the order of their bits, then kvm_mmu_reload() *)
Entered(s) ==
  IF s.running THEN s
  ELSE LET a == IF "sync" \in s.reqs THEN SyncRoots(s) ELSE s
           b == IF "current" \in s.reqs /\ a.roots[0].pgd # None THEN FlushVpid(a) ELSE a
           c == IF "guest" \in s.reqs THEN FlushTlbGuest(b) ELSE b
           d == IF c.roots[0].pgd # None THEN c
                ELSE FlushVpid([c EXCEPT !.roots[0] = [Hole EXCEPT !.pgd = s.cr3]])
       IN [d EXCEPT !.running = TRUE, !.reqs = {}, !.roots[0].ran = TRUE]

Exited(s) == [Entered(s) EXCEPT !.running = FALSE]

Holders(s, pgd) == {i \in Slot : s.roots[i].pgd = pgd}
Least(set) == CHOOSE i \in set : \A j \in set : i <= j

(* cached_root_find_and_keep_current(), cached_root_find_without_current() *)
Rotated(r, last) == [i \in Slot |-> IF i = 0 THEN r[last] ELSE IF i <= last THEN r[i - 1] ELSE r[i]]
Filled(r, found) ==
  [i \in Slot |-> IF i = 0 THEN r[found]
                  ELSE IF i = Prev THEN Hole
                  ELSE IF i >= found THEN r[i + 1] ELSE r[i]]

VictimOf(s) ==
  LET holes == {i \in Slot : i > 0 /\ s.roots[i].pgd = None}
  IN CASE Victim = "current" -> 0
       [] Victim = "hole" /\ holes # {} -> Least(holes)
       [] OTHER -> Prev

(* kvm_mmu_new_pgd() *)
NewPgd(s, pgd) ==
  LET kept == s.roots[0].pgd # None
      found == Holders(s, pgd)
  IN IF found = {}
     THEN IF kept THEN [s EXCEPT !.roots = [Rotated(s.roots, VictimOf(s)) EXCEPT ![0] = Hole]] ELSE s
     ELSE LET slot == Least(found)
              owed == s.roots[slot]
              moved == IF slot = 0 THEN s.roots
                       ELSE IF kept THEN Rotated(s.roots, slot) ELSE Filled(s.roots, slot)
          IN [s EXCEPT
                !.roots = IF Settled THEN moved
                          ELSE [moved EXCEPT ![0].sync = FALSE, ![0].flush = FALSE],
                !.reqs = @ \cup {"load"} \cup (IF owed.sync THEN {"sync"} ELSE {})
                           \cup (IF owed.flush THEN {"current"} ELSE {})]

Switched(s, p) == IF p = s.cr3 THEN s ELSE [NewPgd(s, p) EXCEPT !.cr3 = p]

(* kvm_invalidate_pcid() *)
InvalidatePcid(s, pcid, current, previous) ==
  LET active == s.cr3 = pcid
  IN [s EXCEPT
       !.reqs = IF active THEN @ \cup {"sync", "current"} ELSE @,
       !.roots = [i \in Slot |->
         IF i = 0 THEN IF active THEN Decided(s.roots[0], current) ELSE s.roots[0]
         ELSE IF s.roots[i].pgd = pcid THEN Decided(s.roots[i], previous) ELSE s.roots[i]]]

Become(s) ==
  /\ running' = s.running /\ cr3' = s.cr3 /\ roots' = s.roots
  /\ reqs' = s.reqs /\ cached' = s.cached

Init ==
  /\ running = TRUE /\ cr3 = 0 /\ reqs = {}
  /\ roots = [i \in Slot |-> IF i = 0 THEN [Hole EXCEPT !.pgd = 0, !.ran = TRUE] ELSE Hole]
  /\ cached = [p \in Space |-> FALSE]

Next ==
  \/ \E p \in Space :
       \/ Become(InvalidatePcid(Switched(Exited(Now), p), p, MovCr3Cur, MovCr3))
       \/ Become(Switched(Exited(Now), p))
       \/ Become(InvalidatePcid(Exited(Now), p, InvpcidCur, Invpcid))
       \/ Become([NewPgd([Now EXCEPT !.running = FALSE], p) EXCEPT !.cr3 = p])
  \/ Become([Exited(Now) EXCEPT !.reqs = @ \cup {"guest"}])
  \/ Become([Entered(Now) EXCEPT !.cached[cr3] = TRUE])

Spec == Init /\ [][Next]_vars

(* The guest runs on the root of its CR3. *)
RunsOnCr3 == running => roots[0].pgd = cr3
==============================================================================
