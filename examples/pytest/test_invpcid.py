"""After INVPCID of PCID 2: `mainline` frees the cached root, `need-sync` keeps it and marks it, and
under both the guest reads the new frame. Run by `python3 -m pytest` or `python3 -m unittest`."""

import unittest

from lab import Lab, Refused

NO_FLUSH = 1 << 63


def boot(lab, policy):
    """PCID 2 maps 0x400000 to a frame that holds 0x11; PCID 1, which runs, sees the page-table entry
    for it at 0x600000. Both roots are in the cache."""
    vm = lab.create_vm(
        policy=policy,
        registers={"cr3": "0x1001", "cr4": "0x200a0"},  # CR4.PCIDE
        memory={
            "words": [
                {"gpa": "0x100000", "value": "0x11"},
                {"gpa": "0x101000", "value": "0x22"},
            ]
        },
    )
    vm.run("map", root="0x1000", address="0x600000", gpa="0x14000", tables="0x2000")
    vm.run("map", root="0x11000", address="0x400000", gpa="0x100000", tables="0x12000")
    vm.run("mov-cr3", value="0x11002")
    vm.run("read", gva="0x400000")
    vm.run("mov-cr3", value=hex(0x1001 | NO_FLUSH))
    return vm


def edit(vm):
    """Leads PCID 2 to the frame that holds 0x22."""
    vm.run("write", gva="0x600000", value="0x101067")


def invalidate(vm):
    return vm.run("invpcid", type=1, pcid=2, gva="0x0")


def read_as_pcid_2(vm):
    vm.run("mov-cr3", value=hex(0x11002 | NO_FLUSH))
    return vm.run("read", gva="0x400000")["outcome"]


class Invpcid(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.close)

    def test_mainline_frees_the_root(self):
        vm = boot(self.lab, "mainline")
        edit(vm)
        events = [frame["event"] for frame in invalidate(vm)["events"]]
        self.assertEqual([e["pgd"] for e in events if e["kind"] == "root-freed"], ["0x11002"])
        self.assertEqual(vm.vcpu()["rootMmu"]["prevRoots"], [None, None, None])
        self.assertEqual(read_as_pcid_2(vm), {"kind": "ok", "value": "0x22"})

    def test_need_sync_keeps_the_root_and_marks_it(self):
        vm = boot(self.lab, "need-sync")
        edit(vm)
        invalidate(vm)
        root = vm.vcpu()["rootMmu"]["prevRoots"][0]
        self.assertEqual((root["pgd"], root["unsync"]), ("0x11002", True))
        self.assertEqual(read_as_pcid_2(vm), {"kind": "ok", "value": "0x22"})
        verdict = vm.verify(
            {"kind": "never", "of": {"kind": ["root-freed"]}},
            {"kind": "order", "of": [{"kind": ["root-marked-unsync"]}, {"kind": ["root-synced"]}]},
        )
        self.assertTrue(verdict["holds"], verdict)

    def test_without_invpcid_the_old_frame_may_still_be_read(self):
        vm = boot(self.lab, "mainline")
        edit(vm)
        self.assertEqual(read_as_pcid_2(vm), {"kind": "ok", "value": "0x11"})

    def test_what_was_missed_is_told_with_a_shortest_way_to_it(self):
        vm = boot(self.lab, "need-sync")
        seen = vm.coverage(only="missed", states=40)
        missed = seen["triples"][-1]
        vm.reset()
        for command in seen["machine"]["stage"] + missed["way"]:
            vm.run(**command)
        now = vm.coverage(only="exercised", states=40)
        names = ("state", "command", "outcome")
        self.assertIn(
            [missed[name] for name in names],
            [[triple[name] for name in names] for triple in now["triples"]],
        )

    def test_a_fault_is_an_outcome_and_a_slip_is_refused(self):
        vm = boot(self.lab, "mainline")
        fault = vm.run("invpcid", type=1, pcid=4096, gva="0x0")["outcome"]
        self.assertEqual((fault["kind"], fault["vector"]), ("fault", "#GP"))
        with self.assertRaises(Refused) as refused:
            vm.run("invpcid", type=1, pcid="two", gva="0x0")
        self.assertEqual(refused.exception.problem["code"], "invalid-request")


if __name__ == "__main__":
    unittest.main()
