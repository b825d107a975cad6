/** A record of an event: its format, its thread, and its fields in the order of the format. */
export interface MadeRecord {
  readonly at: number;
  readonly event: string;
  readonly pid: number;
  readonly values: readonly number[];
}

/** A trace.dat of version 6, as far as a test needs one. */
export interface MadeDat {
  /** Events by their names: the fields behind the common ones, each of eight bytes. */
  readonly events: Readonly<Record<string, readonly string[]>>;
  readonly comms: Readonly<Record<number, string>>;
  /** Records of each CPU, in the order in which they lie there. */
  readonly cpus: readonly (readonly MadeRecord[])[];
}

const PAGE = 4096;
const PAGE_HEAD = 16;
const COMMON = 8;
const FIELD = 8;
/** A record that says the time, whatever came before. */
const TIME_STAMP = 31;
const DELTA_BITS = 27n;
const FIRST_ID = 300;

const HEADER_PAGE =
  '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
  '\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
  '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
  '\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n';
const HEADER_EVENT =
  '# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n' +
  '\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n' +
  '\ttime_stamp : type == 31\n\tdata max type_len  == 28\n';

/**
 * Writes a trace.dat. All times are written in full, so that they may run backwards.
 *
 * @see trace-cmd.dat.v6(5)
 */
export function datOf({ events, comms, cpus }: MadeDat): Buffer {
  const names = Object.keys(events);
  const cmdlines = Object.entries(comms).map(([pid, comm]) => `${pid} ${comm}\n`);
  const head = Buffer.concat([
    Buffer.from([0x17, 0x08, 0x44]),
    Buffer.from('tracing6\0'),
    Buffer.from([0, 8]),
    u32(PAGE),
    ...[Buffer.from('header_page\0'), sized(HEADER_PAGE)],
    ...[Buffer.from('header_event\0'), sized(HEADER_EVENT)],
    ...[u32(0), u32(1), Buffer.from('kvm\0'), u32(names.length)],
    ...names.map((name, nth) => sized(formatOf(name, FIRST_ID + nth, events[name] ?? []))),
    ...[u32(0), u32(0), sized(cmdlines.join('')), u32(cpus.length)],
    ...[Buffer.from('options  \0'), Buffer.alloc(2), Buffer.from('flyrecord\0')],
  ]);
  const begin = Math.ceil((head.length + cpus.length * 16) / PAGE) * PAGE;
  const pages = cpus.map((records) => pageOf(records, names));
  const places = pages.map((_, cpu) => Buffer.concat([u64(begin + cpu * PAGE), u64(PAGE)]));
  const front = Buffer.alloc(begin);
  Buffer.concat([head, ...places]).copy(front);
  return Buffer.concat([front, ...pages]);
}

function pageOf(records: readonly MadeRecord[], names: readonly string[]): Buffer {
  const page = Buffer.alloc(PAGE);
  page.writeBigUInt64LE(BigInt(records[0]?.at ?? 0), 0);
  let at = PAGE_HEAD;
  for (const { at: time, event, pid, values } of records) {
    const low = BigInt(time) & ((1n << DELTA_BITS) - 1n);
    at = page.writeUInt32LE((Number(low) << 5) | TIME_STAMP | 0, at) as number;
    at = page.writeUInt32LE(Number(BigInt(time) >> DELTA_BITS), at);
    at = page.writeUInt32LE((COMMON + values.length * FIELD) / 4, at);
    page.writeUInt16LE(FIRST_ID + names.indexOf(event), at);
    page.writeInt32LE(pid, at + 4);
    at += COMMON;
    for (const value of values) at = page.writeBigUInt64LE(BigInt(value), at);
  }
  page.writeBigUInt64LE(BigInt(at - PAGE_HEAD), 8);
  return page;
}

function formatOf(name: string, id: number, fields: readonly string[]): string {
  const common =
    '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n' +
    '\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n' +
    '\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n' +
    '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n';
  const own = fields.map(
    (field, nth) => `\tfield:u64 ${field};\toffset:${COMMON + nth * FIELD};\tsize:8;\tsigned:0;\n`,
  );
  const shown = fields.map((field) => `${field}=%llx`).join(' ');
  const args = fields.map((field) => `, REC->${field}`).join('');
  return `name: ${name}\nID: ${id}\nformat:\n${common}\n${own.join('')}\nprint fmt: "${shown}"${args}\n`;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function sized(text: string): Buffer {
  return Buffer.concat([u64(text.length), Buffer.from(text)]);
}
