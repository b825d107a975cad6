import {
  createMemory,
  gfnToGpa,
  hex,
  pagesInOrder,
  readWord,
  wordsOfPage,
  wordToHex,
} from '../machine/index.js';
import {
  createJsonWriter,
  type Difference,
  type JsonWriter,
  MemoryWord,
  ShadowPageState,
  SpteState,
  TlbState,
  VcpuState,
  VmConfig,
} from '../schema/index.js';
import type { ShadowPage, Vm } from '../state/index.js';
import { differenceOf, type Json, type JsonObject, jsonDifferences } from './json-differences.js';
import { shadowPageStateOf, sptesOf } from './shadow.js';
import { tlbStateOf } from './tlb.js';
import { vcpuStateOf } from './vcpu.js';

const WORDS_PER_PAGE = 512;
const WORD_BYTES = 8;

/** Translations that are looked at before the caller may do something else. */
const ENTRIES_PER_STEP = 256;

const configOf = wireOf(createJsonWriter(VmConfig));
const wordOf = wireOf(createJsonWriter(MemoryWord));
const vcpuOf = wireOf(createJsonWriter(VcpuState));
const tlbOf = wireOf(createJsonWriter(TlbState));
const pageOf = wireOf(createJsonWriter(ShadowPageState));
const spteOf = wireOf(createJsonWriter(SpteState));

/**
 * The differences of two states, as pointers into their views for clients: `/config`, `/vcpus/0`
 * with its TLB, `/vmcs12s` by address and field, `/memslots`, `/memory` by the VMM's address,
 * `/shadowPages` by address with their entries. They are worked out on demand. After much work without a
 * difference comes null, so that the caller may do something else in between.
 */
export function* differencesOf(a: Vm, b: Vm): Generator<Difference | null> {
  if (a.config !== b.config) yield* configDifferences(a.config, b.config);
  for (let i = 0; i < Math.max(a.vcpus.length, b.vcpus.length); i += 1) {
    const [left, right] = [yield* wholeVcpuOf(a, i), yield* wholeVcpuOf(b, i)];
    yield* jsonDifferences(`/vcpus/${i}`, { a: left, b: right });
    yield null;
  }
  yield* both('/vmcs12s', a, b, vmcs12sOf);
  yield* both('/memslots', a, b, ({ memory }) =>
    memory.memslots.map((slot) =>
      slot === null ? null : { ...slot, dirty: slot.dirty?.map((run) => ({ ...run })) ?? null },
    ),
  );
  yield* memoryDifferences(a, b);
  yield* shadowDifferences(a, b);
}

function both<T>(path: string, a: T, b: T, view: (of: T) => Json): Generator<Difference | null> {
  return jsonDifferences(path, { a: view(a), b: view(b) });
}

/** The words of memory last, and one by one: a configuration may have many thousands. */
function* configDifferences(a: VmConfig, b: VmConfig): Generator<Difference | null> {
  yield* both('/config', a, b, ({ memory, ...config }) =>
    configOf({ ...config, memory: { ...memory, words: [] } }),
  );
  const [left, right] = [a.memory.words, b.memory.words];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const [wordA, wordB] = [left[i], right[i]].map((word) => word && wordOf(word));
    yield* jsonDifferences(`/config/memory/words/${i}`, { a: wordA, b: wordB });
    if (i % ENTRIES_PER_STEP === 0) yield null;
  }
}

function wireOf<T>(write: JsonWriter<T>): (value: T) => JsonObject {
  return (value) => JSON.parse(write(value)) as JsonObject;
}

/** The TLB by tag and address: its order is no state that a guest could see. */
function* wholeVcpuOf(vm: Vm, index: number): Generator<null, Json | undefined> {
  const vcpu = vm.vcpus[index];
  if (vcpu === undefined) return undefined;
  const range = { skip: 0, limit: Number.POSITIVE_INFINITY };
  const contexts: [string, Json][] = [];
  for (const context of tlbStateOf(vcpu, range).contexts) {
    const { kind, vpid, pcid, global, root } = context;
    const byAddress: [string, Json][] = [];
    for (let from = 0; from < context.entries.length; from += ENTRIES_PER_STEP) {
      yield null;
      const entries = context.entries.slice(from, from + ENTRIES_PER_STEP);
      const wire = tlbOf({ contexts: [{ ...context, entries }], size: 0, capacity: 0 });
      const written = ((wire.contexts as JsonObject[])[0]?.entries ?? []) as JsonObject[];
      for (const { address, ...entry } of written) byAddress.push([String(address), entry]);
    }
    const tag = [kind, vpid, global ? 'global' : pcid, root === null ? null : hex(root)];
    contexts.push([tag.filter((part) => part !== null).join(' '), Object.fromEntries(byAddress)]);
  }
  return { ...vcpuOf(vcpuStateOf(vm, vcpu)), tlb: Object.fromEntries(contexts) };
}

function vmcs12sOf({ vmcs12s }: Vm): Json {
  const regions = [...vmcs12s].map(([gpa, { launched, fields }]): [string, Json] => {
    const values = [...fields].map(([encoding, value]) => [hex(encoding), wordToHex(value)]);
    return [hex(gpa), { launched, fields: Object.fromEntries(values) }];
  });
  return Object.fromEntries(regions);
}

/** Memory as the VMM sees it, wherever memslots have put it. */
function* memoryDifferences(left: Vm, right: Vm): Generator<Difference | null> {
  const a = createMemory([], left.memory.pages);
  const b = createMemory([], right.memory.pages);
  const frames = [a, b].flatMap(({ pages }) => pagesInOrder(pages).map(([frame]) => frame));
  for (const frame of [...new Set(frames)].sort((x, y) => x - y)) {
    if (wordsOfPage(a.pages, frame) === wordsOfPage(b.pages, frame)) continue;
    for (let i = 0; i < WORDS_PER_PAGE; i += 1) {
      const address = gfnToGpa(frame) + i * WORD_BYTES;
      const [before, after] = [readWord(a, address), readWord(b, address)];
      if (before.low === after.low && before.page === after.page) continue;
      yield differenceOf(`/memory/${hex(address)}`, wordToHex(before), wordToHex(after));
    }
    yield null;
  }
}

function* shadowDifferences(a: Vm, b: Vm): Generator<Difference | null> {
  const [left, right] = [pagesByHpa(a), pagesByHpa(b)];
  for (const hpa of [...new Set([...left.keys(), ...right.keys()])].sort((x, y) => x - y)) {
    const [pageA, pageB] = [left.get(hpa), right.get(hpa)];
    yield* jsonDifferences(`/shadowPages/${hex(hpa)}`, {
      a: pageA === undefined ? undefined : wholePageOf(a, pageA),
      b: pageB === undefined ? undefined : wholePageOf(b, pageB),
    });
    yield null;
  }
}

function pagesByHpa({ shadow }: Vm): Map<number, ShadowPage> {
  return new Map(shadow.table.flatMap((page) => (page === null ? [] : [[page.hpa, page]])));
}

function wholePageOf(vm: Vm, page: ShadowPage): Json {
  const entries = sptesOf(vm, page).map((spte) => {
    const { index, ...entry } = spteOf(spte);
    return [String(index), entry];
  });
  return { ...pageOf(shadowPageStateOf(vm, page)), entries: Object.fromEntries(entries) };
}
