import { type ReportReader, TAKEN } from './reading.js';

/** The head of `kvm_stat`, in each of its ages, and of `perf stat`. */
const HEAD = /^(?:kvm statistics|event\s+total\s+%total|performance counter stats for)/i;

/** A name, a count, and rates or shares that are not wanted. */
const KVM_STAT = /^([A-Za-z]\w*(?:\(\w+\))?)\s+(\d+)(?:\s+-?[\d.]+)+$/;
const PERF_STAT = /^([\d,.]+)\s+(kvm\w*:\w+)\b/;

/** Reads `kvm_stat`, and `perf stat -e 'kvm:*'`: how often, and never how long. */
export function createKvmStatReader(): ReportReader {
  const counts = new Map<string, number>();
  let isInside = false;
  return {
    take(line) {
      const text = line.trim();
      if (HEAD.test(text)) {
        isInside = true;
        return TAKEN;
      }
      const [, digits, event] = PERF_STAT.exec(text) ?? [];
      const [, name, count] = KVM_STAT.exec(text) ?? [];
      if (event !== undefined) counts.set(event, Number(digits?.replace(/[,.]/g, '')));
      else if (name !== undefined && (isInside || name.startsWith('kvm_'))) {
        if (name !== 'Total') counts.set(name, Number(count));
        isInside = true;
      } else return null;
      return TAKEN;
    },
    readings: () => [],
    counts: () => counts,
  };
}
