import { wordToHex } from '../../../mmu/index.js';
import { type Census, countOf, countUnread } from '../census.js';
import type { Fact, Stamp, Take, Task } from '../fact.js';
import { probedBy } from '../facts/probes.js';
import { RECORDED } from '../facts/recorded.js';
import { createRecordFields, type RecordFields } from './event-fields.js';
import type { EventFormat } from './format.js';
import { beginningOf, type CpuData, type DatHead } from './head.js';
import { createPages } from './pages.js';
import { createRecords, type Records } from './records.js';
import { type ByteSource, DatFlaw, type Decompressors } from './source.js';
import { readV6 } from './v6.js';
import { readV7 } from './v7.js';

/** One record as it is told to whoever watches: every event, of use or not. */
export interface DatEvent {
  readonly at: number;
  readonly cpu: number;
  readonly pid: number;
  readonly name: string;
}

/** A clock that counts nanoseconds; others mean an order alone, unless the file says how to convert. */
const NS_CLOCKS = ['local', 'global', 'mono', 'mono_raw', 'boot', 'tai'];
/** Records between two times at which the caller may turn to other work. */
const RECORDS_A_TURN = 64;

/** Reads the head of a trace.dat. @throws {DatFlaw} If it is none, or is broken in its head. */
export function openDat(source: ByteSource, decompressors: Decompressors): DatHead {
  const { head, from, options } = beginningOf(source);
  if (head.version === 6) readV6(source, head, from);
  else readV7(source, head, { options, decompressors });
  if (head.pageBytes < 512 || head.pageBytes > 2 ** 20) {
    throw new DatFlaw(`pages of ${head.pageBytes} bytes are not of a ring buffer`);
  }
  return head;
}

/**
 * Reads all records, those of several CPUs merged by time, in turns.
 *
 * @param watch Is told of every record.
 * @yields Records that were read so far, every 64 of them.
 */
export function* datSteps(
  source: ByteSource,
  head: DatHead,
  {
    decompressors,
    census,
    take,
    watch,
  }: {
    readonly decompressors: Decompressors;
    readonly census: Census;
    readonly take: Take;
    readonly watch?: (event: DatEvent) => void;
  },
): Generator<number, void> {
  census.release ??= head.release;
  census.isTicks = !NS_CLOCKS.includes(head.clock) && head.tscToNs === null;
  const reader = createEventReader(head, census, take, watch);
  const lanes = head.cpus.flatMap((data) => {
    const lane = laneOf(source, head, data, decompressors);
    return advance(lane, census) ? [lane] : [];
  });
  for (let count = 1; lanes.length > 0; count += 1) {
    const at = earliest(lanes);
    const lane = lanes[at] as Lane;
    reader(lane);
    if (!advance(lane, census)) lanes.splice(at, 1);
    if (count % RECORDS_A_TURN === 0) yield count;
  }
}

/** The records of one CPU, the next of which is ready. */
interface Lane {
  readonly data: CpuData;
  readonly records: Records;
}

function laneOf(
  source: ByteSource,
  head: DatHead,
  data: CpuData,
  decompressors: Decompressors,
): Lane {
  return { data, records: createRecords(head, createPages(source, head, data, decompressors)) };
}

function advance({ records, data }: Lane, census: Census): boolean {
  try {
    return records.next();
  } catch (error) {
    if (!(error instanceof DatFlaw)) throw error;
    countUnread(census, 'data of a CPU that is broken', `CPU ${data.cpu}: ${error.message}`);
    return false;
  }
}

/** There are few CPUs: the least time is searched for, the first of equal ones wins. */
function earliest(lanes: readonly Lane[]): number {
  let best = 0;
  for (let at = 1; at < lanes.length; at += 1) {
    if ((lanes[at] as Lane).records.at < (lanes[best] as Lane).records.at) best = at;
  }
  return best;
}

/** An event of this trace, and who reads it. */
interface Known {
  readonly format: EventFormat;
  readonly count: { count: number };
  readonly read: (fields: RecordFields) => Fact | null | undefined;
}

/** Reads the record that a lane is at. */
function createEventReader(
  head: DatHead,
  census: Census,
  take: Take,
  watch: ((event: DatEvent) => void) | undefined,
): (lane: Lane) => void {
  const known = new Map<number, Known>();
  const tasks = new Map<number, Task>();
  const fields = createRecordFields(head.isLittle);
  const stamp: Stamp = { at: 0, task: taskOf(head, tasks, 0), cpu: 0 };

  return ({ data, records }) => {
    const { view, from, bytes } = records;
    census.lines += 1;
    const id = view.getUint16(from, head.isLittle);
    stamp.at = timeOf(head, records.at);
    stamp.cpu = data.cpu;
    stamp.task = taskOf(head, tasks, view.getInt32(from + PID_OFFSET, head.isLittle));
    if (records.lost !== 0) {
      const count = records.lost === -1 ? null : records.lost;
      census.lost += count ?? 1;
      take({ kind: 'lost', count }, stamp);
    }
    census.firstAt ??= stamp.at;
    if (stamp.at < census.lastAt) census.backwards += 1;
    census.lastAt = stamp.at;
    const event = known.get(id) ?? knownOf(head, census, known, id);
    event.count.count += 1;
    watch?.({ at: stamp.at, cpu: data.cpu, pid: stamp.task.pid ?? 0, name: event.format.name });
    fields.set(event.format, view, from, bytes);
    const fact = event.read(fields);
    if (fact === null) countUnknownForm(census, event.format, fields);
    else if (fact !== undefined) take(fact, stamp);
  };
}

/** An event of a kernel whose fields have other names: those that it has are shown. */
function countUnknownForm(census: Census, format: EventFormat, fields: RecordFields): void {
  const own = [...format.fields.keys()].filter((name) => !name.startsWith('common_'));
  const shown = own.flatMap((name) => {
    const word = fields.word(name);
    return word === null ? [] : [`${name}=${wordToHex(word)}`];
  });
  const what = `${format.name} in a form that is not known`;
  countUnread(census, what, `${format.name}: ${shown.join(' ')}`);
}

/** Where `common_pid` lies in every record. */
const PID_OFFSET = 4;

function timeOf({ tscToNs }: DatHead, at: number): number {
  if (tscToNs === null) return at;
  return (at * tscToNs.mult) / 2 ** tscToNs.shift + tscToNs.offset;
}

function taskOf({ comms }: DatHead, tasks: Map<number, Task>, pid: number): Task {
  const task = tasks.get(pid);
  if (task !== undefined) return task;
  const name = comms.get(pid) ?? (pid === 0 ? '<idle>' : '<...>');
  const created = { host: null, name, pid, tgid: null };
  tasks.set(pid, created);
  return created;
}

function knownOf(head: DatHead, census: Census, known: Map<number, Known>, id: number): Known {
  const format = head.formats.get(id) ?? noFormat(id);
  const event = { format, count: countOf(census, format.name), read: readerOf(format) };
  known.set(id, event);
  if (!head.formats.has(id)) countUnread(census, 'event without a format in the file', format.name);
  return event;
}

function noFormat(id: number): EventFormat {
  return { id, name: `event ${id}`, fields: new Map(), print: '' };
}

function readerOf(format: EventFormat): Known['read'] {
  const recorded = RECORDED.get(format.name);
  if (recorded !== undefined) {
    return (fields) => recorded(fields) ?? (isRead(format, fields) ? undefined : null);
  }
  const of = probedBy(format.name);
  if (of === undefined || !format.fields.has('__probe_ip')) return () => undefined;
  const names = [...format.fields.keys()].filter((name) => !/^(?:common_|__probe)/.test(name));
  return (fields) => {
    const args = names.flatMap((name) => {
      const word = fields.word(name);
      return word === null ? [] : [[name, word] as const];
    });
    return { kind: 'probe', of, args: new Map(args) };
  };
}

/** A read of a control register changes nothing. */
function isRead({ name }: EventFormat, fields: RecordFields): boolean {
  return name === 'kvm_cr' && fields.number('rw') === 0;
}
