import { exitNameOf } from './exit-names.js';
import {
  meanWithin,
  NO_COUNTS,
  type Reading,
  type ReportReader,
  TAKEN,
  unread,
} from './reading.js';

/**
 * A line of `perf script`, of `trace-cmd report` or of the trace file: task, perhaps CPU and flags,
 * seconds, perhaps a period, event, fields.
 */
const LINE = /^(.*?)\s*(\d+\.\d{3,9}):\s+(?:\d+\s+)?(?:\w+:)?(\w+):(?:\s+(.*))?$/;

/** CPU, and flags with at least one dot, beside a task: they change while the task stays. */
const PLACE = /\s\[\d+\](?=\s|$)|\s[\dA-Za-z.#+-]*\.[\dA-Za-z.#+-]*$/g;

const REASON = /\breason (.{1,60}?)(?: rip | info\d* | intr|$)/;

/** The head of a report, of which two lines name the machine; and of the trace file. */
const COMMENT = /^#/;

/** Exits that L1 was to handle: KVM's work on them is half of a nested exit. */
export const REFLECTED = 'REFLECTED_TO_L1';

/** An exit whose entry is to come. */
interface Open {
  readonly at: number;
  readonly reason: string;
  isReflected: boolean;
  /** The exit went to the device model, whose time is not KVM's. */
  isOutside: boolean;
}

/** Sums over the exits of one reason. */
interface Sums {
  count: number;
  total: number;
  squares: number;
  least: number;
  /** Microseconds of the last digit of a time. */
  digit: number;
}

/**
 * Reads a trace: each `kvm_exit` with the `kvm_entry` of the same task that follows.
 */
export function createTraceReader(): ReportReader {
  const open = new Map<string, Open>();
  const sums = new Map<string, Sums>();

  function exit(task: string, at: number, fields: string): boolean {
    const reason = REASON.exec(fields)?.[1];
    if (reason === undefined) return false;
    open.set(task, { at, reason: exitNameOf(reason), isReflected: false, isOutside: false });
    return true;
  }

  function enter(task: string, at: number, digit: number): void {
    const begun = open.get(task);
    open.delete(task);
    if (begun === undefined || begun.isOutside || at < begun.at) return;
    const name = begun.isReflected ? REFLECTED : begun.reason;
    add(sums, name, { us: (at - begun.at) * 1e6, digit });
  }

  return {
    take(line) {
      if (COMMENT.test(line)) return TAKEN;
      const [, before, seconds, event, fields = ''] = LINE.exec(line) ?? [];
      if (before === undefined || seconds === undefined) {
        return /\bkvm_(?:exit|entry):/.test(line) ? unread('exit or entry without its time') : null;
      }
      const task = ` ${before}`.replace(PLACE, '').replace(PLACE, '').trim();
      const at = Number(seconds);
      const begun = open.get(task);
      if (event === 'kvm_exit') {
        if (!exit(task, at, fields)) return unread('exit without its reason');
      } else if (event === 'kvm_entry') enter(task, at, digitOf(seconds));
      else if (event === 'kvm_nested_vmexit_inject' && begun) begun.isReflected = true;
      else if (event === 'kvm_userspace_exit' && begun) begun.isOutside = true;
      return TAKEN;
    },
    readings: () => [...sums].map(([name, of]) => readingOf(name, of)),
    counts: () => NO_COUNTS,
  };
}

function digitOf(seconds: string): number {
  return 10 ** (6 - (seconds.length - seconds.indexOf('.') - 1));
}

function add(sums: Map<string, Sums>, name: string, { us, digit }: { us: number; digit: number }) {
  const of = sums.get(name) ?? { count: 0, total: 0, squares: 0, least: us, digit };
  of.count += 1;
  of.total += us;
  of.squares += us * us;
  of.least = Math.min(of.least, us);
  sums.set(name, of);
}

function readingOf(name: string, { count, total, squares, least, digit }: Sums): Reading {
  const value = total / count;
  const variance = count < 2 ? 0 : Math.max(0, squares - count * value * value) / (count - 1);
  const error = (Math.sqrt(variance) + digit) / Math.sqrt(count);
  return {
    ...{ kind: 'handled', name, unit: 'us', samples: count },
    ...meanWithin({ value, error, least: Math.max(0, least - digit), samples: count }),
    least,
    from: `trace: ${name} ${value.toFixed(2)} us, samples ${count}`,
  };
}
