import { Command, createJsonWriter, MmuEvent } from '../../mmu/schema/index.js';
import type { PastRecord } from './past.js';

const writeCommand = createJsonWriter(Command);
const writeEvent = createJsonWriter(MmuEvent);

/** Fields whose value says enough without their name. */
const BARE = ['mmu', 'slot', 'cause', 'request', 'scope', 'by', 'name', 'access', 'guest', 'rule'];

/** Fields that are left out: they say little, or are said elsewhere. */
const LEFT_OUT = ['kind', 'vcpu', 'message', 'write', 'invalidation', 'survival', 'qualification'];

/** Longest text of a field. */
const FIELD_MAX = 48;

/** A record in one line, in the words of the wire: `root-freed root prev0 pgd 0x100001`. */
export function wordsOf(record: PastRecord): string {
  switch (record.type) {
    case 'command':
      return line(record.command.kind, writeCommand(record.command));
    case 'event':
      return line(record.event.kind, writeEvent(record.event));
    case 'rewound':
      return 'rewound';
  }
}

function line(kind: string, json: string): string {
  const fields = Object.entries(JSON.parse(json) as Record<string, unknown>);
  const words = fields.flatMap(([name, value]) => {
    if (value === null || value === false || LEFT_OUT.includes(name)) return [];
    if (value === true) return [name];
    const said = typeof value === 'object' ? JSON.stringify(value) : String(value);
    const text = said.length > FIELD_MAX ? `${said.slice(0, FIELD_MAX - 1)}…` : said;
    return [BARE.includes(name) ? text : `${name} ${text}`];
  });
  return [kind, ...words].join(' ');
}
