import { NO_COUNTS, type Reading, type ReportReader, TAKEN, unread } from './reading.js';

/** Tests by name. An older version has other signs in two of them. @see kvm-unit-tests x86/vmexit.c */
const TESTS = new Set([
  ...['cpuid', 'vmcall', 'wbinvd', 'invd', 'mov_from_cr8', 'mov_to_cr8', 'mov_dr'],
  ...['inl_from_pmtimer', 'inl_from_qemu', 'inl_from_kernel', 'outl_to_kernel'],
  ...['ipi', 'ipi_halt', 'ple_round_robin', 'wr_kernel_gs_base', 'wr_tsc_adjust_msr'],
  ...['rd_tsc_adjust_msr', 'wr_ibrs_msr', 'wr_ibpb_msr', 'toggle_cr0_wp', 'toggle_cr4_pge'],
  ...['tscdeadline', 'tscdeadline_immed'],
]);
const FAMILY = /^(?:x2apic_)?self_ipi_|:pci-(?:mem|io)$/;

/** Name and cycles, as `printf("%s %d\n")` has them. */
const ROW = /^([a-z][\w+:-]*)\s+(-?\d+)$/;

/** Lines of the test's start, of its runner, and of tests that a machine does not have. */
const AROUND =
  /^(?:[\w+:-]+ (?:\(skipped\)|n\/a)$|enabling apic|smp: |paging enabled|cr[034] = |BUILD_HEAD|timeout |qemu|\/.*qemu|(?:PASS|FAIL|SKIP)\b|# -initrd|SUMMARY:|setup: CPU)/i;

/** Reads the output of kvm-unit-tests' `vmexit`: cycles of the guest's time stamp counter. */
export function createVmexitReader(): ReportReader {
  const found: Reading[] = [];
  return {
    take(line) {
      const text = line.trim();
      if (AROUND.test(text)) return TAKEN;
      const [, written, digits] = ROW.exec(text) ?? [];
      if (written === undefined) return null;
      const name = written.includes(':') ? written : written.replace(/[+-]/g, '_');
      if (!TESTS.has(name) && !FAMILY.test(name)) {
        return found.length === 0 ? null : unread('test that vmexit does not have');
      }
      const value = Number(digits);
      if (value <= 0) return unread('test of vmexit whose cycles are not above zero');
      found.push({
        ...{ kind: 'loop', name, unit: 'cycles', samples: 1 },
        ...{ value, low: value, high: value, least: value },
        from: `kvm-unit-tests vmexit: ${written} ${digits}`,
      });
      return TAKEN;
    },
    readings: () => found,
    counts: () => NO_COUNTS,
  };
}
