import { type ReportReader, TAKEN, unread } from './reading.js';

/** The head of `kvm_stat`, in each of its ages, and of `perf stat`. */
const HEAD = /^(?:kvm statistics|event\s+total\s+%total|performance counter stats for)/i;

/**
 * A name, a count, and rates or shares that are not wanted. Without those, a row may be of another
 * tool, unless its name is one of KVM's.
 */
const KVM_STAT = /^([A-Za-z]\w*(?:\(\w+\))?)\s+(\d+|\d{1,3}(?:[,.]\d{3})+)((?:\s+-?[\d.,]+)*)$/;
/** A row of `perf stat`; with `-x` in columns by a sign, the second of which is a unit. */
const PERF_STAT = /^([\d,.]+)(?:\s+|([,;|])[^,;|]*\2)(kvm\w*:\w+)/;
const NOT_COUNTED = /^<not (?:counted|supported)>.*\bkvm\w*:\w+/;
/** Lines around the tables of `perf stat`, and of `kvm_stat` by guests. */
const AROUND = /^(?:[\d.,]+ seconds time elapsed|Guest (?:pid|Total)\b)/;

/** Statistics of KVM's own, which tell its tables from others that have no head. */
const OF_KVM =
  /^(?:kvm_\w+(?:\(\w+\))?|exits|(?:halt|io|irq|mmio|signal|nmi_window|irq_window|request_irq)_exits|(?:remote_)?tlb_flush|efer_reload|fpu_reload|host_state_reload|insn_emulation\w*|(?:irq|nmi)_injections|(?:mmu|halt|pf|pages|directed_yield)_\w+|hypercalls|largepages|invlpg|nested_run)$/;

/** Time of a line of a log, which only logs in a file have. */
const TIME = /^(?:timestamp|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:[,\s]\s*|$)/;
const NAME = /^[a-z]\w*(?:\(\w+\))?$/i;
const COUNT = /^\d+$/;

/** Reads `kvm_stat`, and `perf stat -e 'kvm:*'`: how often, and never how long. */
export function createKvmStatReader(): ReportReader {
  const counts = new Map<string, number>();
  let isInside = false;
  /** Names of the columns of a log. */
  let columns: string[] = [];

  /** A line of `kvm_stat -l`, `-L` or `-c`: names first, then what each has risen by since. */
  function takeLog(text: string): boolean {
    const cells = text.replace(TIME, '').split(/[,\s]+/);
    if (columns.length === cells.length && cells.every((cell) => COUNT.test(cell))) {
      for (const [place, name] of columns.entries()) {
        counts.set(name, (counts.get(name) ?? 0) + Number(cells[place]));
      }
      return true;
    }
    const isHead =
      cells.every((cell) => NAME.test(cell)) && cells.some((cell) => OF_KVM.test(cell));
    if (isHead) columns = cells;
    return isHead;
  }

  return {
    take(line) {
      const text = line.trim();
      if (HEAD.test(text)) {
        isInside = true;
        return TAKEN;
      }
      if (isInside && AROUND.test(text)) return TAKEN;
      if (NOT_COUNTED.test(text)) return unread('event that perf stat could not count');
      const [, digits, , event] = PERF_STAT.exec(text) ?? [];
      const [, name, count, rates = ''] = KVM_STAT.exec(text) ?? [];
      if (event !== undefined) counts.set(event, Number(digits?.replace(/[,.]/g, '')));
      else if (name !== undefined && (OF_KVM.test(name) || (isInside && isRow(name, rates)))) {
        if (name !== 'Total') counts.set(name, Number(count?.replace(/[,.]/g, '')));
        isInside = true;
      } else return takeLog(text) ? TAKEN : null;
      return TAKEN;
    },
    readings: () => [],
    counts: () => counts,
  };
}

function isRow(name: string, rates: string): boolean {
  return rates !== '' || name === 'Total';
}
