import type { Task } from '../trace/fact.js';
import { PRINTED } from '../trace/facts/printed.js';
import { createHead, scanHead } from '../trace/text/head.js';
import { createPlaces } from '../trace/text/place.js';
import {
  meanWithin,
  NO_COUNTS,
  type Reading,
  type ReportReader,
  TAKEN,
  unread,
} from './reading.js';

/** The head of a report, of which two lines name the machine; and of the trace file. */
const COMMENT = /^#/;

/** Exits that L1 was to handle: KVM's work on them is half of a nested exit. */
export const REFLECTED = 'REFLECTED_TO_L1';

const NS_OF_US = 1e3;
/** Digits of a second down to a microsecond. */
const US_DIGITS = 6;

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
  const open = new Map<Task, Open>();
  const sums = new Map<string, Sums>();
  const head = createHead();
  const placeOf = createPlaces();

  function exit(task: Task, at: number, fields: string): boolean {
    const fact = PRINTED.get('kvm_exit')?.(fields);
    if (fact?.kind !== 'exit') return false;
    open.set(task, { at, reason: fact.reason, isReflected: false, isOutside: false });
    return true;
  }

  function enter(task: Task, at: number, digit: number): void {
    const begun = open.get(task);
    open.delete(task);
    if (begun === undefined || begun.isOutside || at < begun.at) return;
    const name = begun.isReflected ? REFLECTED : begun.reason;
    add(sums, name, { us: (at - begun.at) / NS_OF_US, digit });
  }

  return {
    take(line) {
      if (COMMENT.test(line)) return TAKEN;
      if (!scanHead(line, 0, line.length, head) || head.isTicks) {
        return /\bkvm_(?:exit|entry):/.test(line) ? unread('exit or entry without its time') : null;
      }
      const { task } = placeOf(line, 0, head.placeTo);
      const event = line.slice(head.nameFrom, head.nameTo);
      const begun = open.get(task);
      if (event === 'kvm_exit') {
        if (!exit(task, head.at, line.slice(head.fieldsFrom)))
          return unread('exit without its reason');
      } else if (event === 'kvm_entry') enter(task, head.at, 10 ** (US_DIGITS - head.digits));
      else if (event === 'kvm_nested_vmexit_inject' && begun) begun.isReflected = true;
      else if (event === 'kvm_userspace_exit' && begun) begun.isOutside = true;
      return TAKEN;
    },
    readings: () => [...sums].map(([name, of]) => readingOf(name, of)),
    counts: () => NO_COUNTS,
  };
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
