import { z } from 'zod';
import type { HistoryRecord } from '../../journal/index.js';
import { COMMAND_KINDS, Hex64, PhysicalAddress } from '../../mmu/schema/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Turns } from '../fleet/turns.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { Digits, FrameKind, HistoryFrame, Seq, VmId, writeHistory } from '../wire/frames.js';
import { OF_MOMENT, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const SearchQuery = z.strictObject({
  pgd: Hex64.optional().describe('Only records that name this pgd, or load it as CR3 or EPTP.'),
  hpa: PhysicalAddress.optional().describe('Only records that name this host address.'),
  gva: Hex64.optional().describe('Only records that name this linear address.'),
  gpa: PhysicalAddress.optional().describe('Only records that name this guest-physical address.'),
  kind: z
    .enum([...FrameKind.options, ...COMMAND_KINDS])
    .optional()
    .describe('Only this kind.'),
  text: z.string().min(1).max(128).optional().describe('Only records whose JSON has this text.'),
  after: Digits.optional().describe('`next` of the answer before. Default: the beginning.'),
  limit: Digits.pipe(z.number().min(1).max(1000)).default(100),
});
type SearchQuery = z.output<typeof SearchQuery>;

const Found = z
  .strictObject({
    found: z.array(HistoryFrame),
    next: Seq.describe('`after` of the next search; equal to `head` if this was the last.'),
    head: Seq,
    oldest: Seq,
  })
  .meta({ id: 'Found', description: 'Records of a history that a search found.' });

export const searchHistory = operation({
  id: 'searchHistory',
  takes: { params: z.strictObject({ vm: VmId }), querystring: SearchQuery },
  answer: Found,
  run: ({ fleet }, { params, query }) => search(fleet.turns, fleet.get(params.vm), query),
});

/**
 * Looks through a history, for a bounded number of records in turns.
 *
 * @throws {ApiError} If the history does not reach back to the place to go on from.
 */
async function search(
  turns: Turns,
  { ring }: FleetVm,
  { after = ring.oldest - 1, limit, ...query }: SearchQuery,
): Promise<z.output<typeof Found>> {
  const { head, oldest } = ring;
  if (after + 1 < oldest) {
    const what = `Cannot search after ${after}: history is kept from ${oldest}`;
    throw new ApiError('events-expired', what, { oldest });
  }
  const matches = matcherOf(query);
  const found: HistoryRecord[] = [];
  const end = Math.min(head, after + BOUNDS.recordsPerSearch.value);
  let next = Math.min(after, head);
  const work = turns.work();
  while (next < end && found.length < limit) {
    if (work.isOver()) await work.next();
    next += 1;
    const record = ring.at(next);
    if (record !== undefined && matches(record)) found.push(record);
  }
  return { found, next, head, oldest };
}

/** Fields of the wire that hold each kind of address. */
const FIELDS = {
  pgd: ['pgd', 'value', 'eptp', 'cr3', 'root'],
  hpa: ['hpa', 'root'],
  gva: ['gva', 'address'],
  gpa: ['gpa', 'address'],
} as const;

function matcherOf(
  query: Omit<SearchQuery, 'after' | 'limit'>,
): (record: HistoryRecord) => boolean {
  const wanted: (readonly string[])[] = [];
  const { kind, text } = query;
  if (query.pgd !== undefined) wanted.push(fieldsWith('pgd', Hex64.encode(query.pgd)));
  for (const name of ['hpa', 'gpa'] as const) {
    const value = query[name];
    if (value !== undefined) wanted.push(fieldsWith(name, PhysicalAddress.encode(value)));
  }
  if (query.gva !== undefined) wanted.push(fieldsWith('gva', Hex64.encode(query.gva)));
  if (kind !== undefined) wanted.push([`"kind":"${kind}"`, `"type":"${kind}"`]);
  const low = text?.toLowerCase();
  return (record) => {
    const json = writeHistory(record);
    if (!wanted.every((texts) => texts.some((one) => json.includes(one)))) return false;
    return low === undefined || json.toLowerCase().includes(low);
  };
}

function fieldsWith(name: keyof typeof FIELDS, value: string): readonly string[] {
  return FIELDS[name].map((field) => `"${field}":"${value}"`);
}

/** `GET /v1/vms/:vm/search`: records of a whole history, by address, kind or text. */
export const searchRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/search',
    {
      schema: {
        operationId: searchHistory.id,
        summary: 'Search the history of a VM by pgd, hpa, gva, gpa, kind or text.',
        description: 'All that is asked must hold. A long history takes several requests.',
        tags: ['events'],
        ...searchHistory.takes,
        response: { 200: Found, ...refusals(...OF_MOMENT) },
      },
    },
    (request) => searchHistory.run(host, request),
  );
};
