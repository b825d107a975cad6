import type {
  Moment,
  Moments,
  WireAllowed,
  WireLookup,
  WireWalk,
  WireWhy,
} from '../model/moments.js';
import { getVm, RequestFailed, request } from './client.js';
import type {
  CommandFrame,
  EventFrame,
  RewoundFrame,
  ShadowPageList,
  WireShadowPage,
  WireSpte,
  WireTlb,
  WireVcpu,
} from './wire.js';

/** Records that are read of a command at first, and of one that makes very many. */
const RECORDS = 128;
const RECORDS_MAX = 10_000;

/** Entries of a TLB, and shadow pages below a root, that are read. */
const ENTRIES_MAX = 1024;
const PAGES_MAX = 512;

interface History {
  readonly events: readonly (CommandFrame | EventFrame | RewoundFrame)[];
  readonly head: number;
  readonly oldest: number;
}

/** Moments of a VM on the server. */
export function serverMoments(vm: string): Moments {
  const base = `/v1/vms/${encodeURIComponent(vm)}`;
  const get = <T>(path: string) => request<T>('GET', `${base}${path}`);
  const vcpus = getVm(vm).then(({ vcpus }) => vcpus);
  // Told with the first moment: until then nobody waits.
  vcpus.catch(() => {});
  return {
    moment: async (seq, vcpu) => momentOf({ get, vcpus: await vcpus }, seq, vcpu),
    walk: (at, vcpu, gva) => get<WireWalk>(`/vcpus/${vcpu}/walk?gva=${gva}&at=${at}`),
    tlb: (at, vcpu) => get<WireTlb>(`/vcpus/${vcpu}/tlb?limit=${ENTRIES_MAX}&at=${at}`),
    allowed: (at, vcpu, gva) =>
      orNull(409, get<WireAllowed>(`/vcpus/${vcpu}/allowed?gva=${gva}&at=${at}`)),
    explain: (at, vcpu, pgd) => get<WireLookup>(`/vcpus/${vcpu}/explain?pgd=${pgd}&at=${at}`),
    shadowPages: (at, root) =>
      get<ShadowPageList>(`/shadow-pages?root=${root}&limit=${PAGES_MAX}&at=${at}`),
    shadowPage: (at, hpa) =>
      orNull(
        404,
        get<{ page: WireShadowPage; entries: WireSpte[] }>(`/shadow-pages/${hpa}?at=${at}`),
      ),
    why: (seq) => get<WireWhy>(`/events/${seq}/why`),
  };
}

/** Makes a VM that goes on from a moment of another one. @returns Its id. */
export async function forkAt(vm: string, seq: number): Promise<string> {
  const path = `/v1/vms/${encodeURIComponent(vm)}/fork`;
  return (await request<{ id: string }>('POST', path, { body: { seq } })).id;
}

interface Reader {
  readonly get: <T>(path: string) => Promise<T>;
  /** vCPUs of the VM. */
  readonly vcpus: number;
}

async function momentOf(
  { get, vcpus }: Reader,
  wanted: number,
  chosen: number | null,
): Promise<Moment> {
  const found = await recordAt(get, wanted);
  const { head, oldest } = found;
  const state = (vcpu: number, at: number) => get<WireVcpu>(`/vcpus/${vcpu}?at=${at}`);
  const place = { head, oldest: oldest - 1, vcpus };
  const [record] = found.events;
  if (wanted === 0 || record === undefined) {
    const seq = Math.min(wanted, head);
    const now = await state(chosen ?? 0, seq);
    return { ...place, seq, previous: 0, command: null, events: [], before: now, after: now };
  }
  const first = firstOf(record);
  const { command, own } = await commandOf(get, first);
  const vcpu = chosen ?? command?.vcpu ?? 0;
  const [before, after, previous] = await Promise.all([
    state(vcpu, first - 1),
    state(vcpu, first + own.length),
    first - 1 < oldest ? 0 : get<History>(`/events?after=${first - 2}&limit=1`).then(firstIn),
  ]);
  return {
    ...{ ...place, seq: record.seq, previous, before, after },
    command,
    events: own,
  };
}

/** The record of a moment; beyond the newest, that one. */
async function recordAt(get: Reader['get'], seq: number): Promise<History> {
  const read = (at: number) => get<History>(`/events?after=${Math.max(at - 1, 0)}&limit=1`);
  try {
    return await read(seq);
  } catch (error) {
    if (!(error instanceof RequestFailed) || error.status !== 400) throw error;
    return read((await get<History>('/events?limit=1')).head);
  }
}

/** A command with its events; null in place of it for a reset or a restored snapshot. */
async function commandOf(get: Reader['get'], first: number) {
  const read = async (limit: number) => {
    const { events } = await get<History>(`/events?after=${first - 1}&limit=${limit}`);
    const own = events.filter((one) => one.type === 'event');
    return { command: events[0], own: own.filter((event) => event.command === first) };
  };
  const few = await read(RECORDS);
  const { command, own } = few.own.length < RECORDS - 1 ? few : await read(RECORDS_MAX);
  return { command: command?.type === 'command' ? command : null, own };
}

function firstIn({ events: [record] }: History): number {
  return record === undefined ? 0 : firstOf(record);
}

/** `seq` of the command that a record belongs to. */
function firstOf(record: History['events'][number]): number {
  return record.type === 'event' ? record.command : record.seq;
}

/** Null for a refusal with this status: there is no such thing. */
async function orNull<T>(status: number, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RequestFailed && error.status === status) return null;
    throw error;
  }
}
