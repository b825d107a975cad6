import {
  type ByteSource,
  type Census,
  countUnread,
  createCensus,
  createReconstruction,
  createScore,
  createTextReader,
  DAT_MAGIC,
  DatFlaw,
  datSteps,
  openDat,
  type Take,
  type TraceScore,
  type TraceVerdict,
  type VmScore,
  verdictOf,
} from '../../lab/index.js';
import { ApiError } from '../wire/errors.js';
import { VERSION } from '../wire/version.js';
import type { JobWork } from './job.js';
import type { PreparedScore } from './trace-request.js';
import type { StoredTrace } from './trace-store.js';

/** The result of a trace: its verdict, and what reports and VMs are made of. */
export interface ScoredTrace {
  readonly score: TraceScore;
  readonly verdict: TraceVerdict;
}

/** Bytes of text between two times at which others are served: some forty lines. */
const TEXT_AT_ONCE = 4096;
/** Bytes that are read of the file at once. */
const BLOCK_BYTES = 2 ** 18;
/** Kept commands that take a page of 4 KiB. */
const COMMANDS_PER_PAGE = 16;

/** Makes the scoring of a trace the work of a job, which counts bytes. */
export function traceWork(trace: StoredTrace, prepared: PreparedScore): JobWork<ScoredTrace> {
  const scoring: Scoring = { pages: () => 0 };
  return {
    total: trace.bytes,
    steps: stepsOf(trace, prepared, scoring),
    pages: () => scoring.pages(),
    resultPages: ({ score }) => Math.ceil(keptIn(score) / COMMANDS_PER_PAGE),
    release: trace.release,
  };
}

/** The memory of a score, once it has begun. */
interface Scoring {
  pages: () => number;
}

function keptIn({ vms }: TraceScore): number {
  return vms.reduce((sum, { commands }) => sum + commands.length, 0);
}

function* stepsOf(
  trace: StoredTrace,
  { name, options }: PreparedScore,
  scoring: Scoring,
): Generator<number, ScoredTrace> {
  const census = createCensus();
  for (const why of trace.broken) {
    countUnread(census, 'end of a packed file that is broken', why);
  }
  const run = createScore(census, options);
  scoring.pages = run.pages;
  const reconstruction = createReconstruction(census, run.take);
  yield* factsOf(trace, { name, census, take: reconstruction.take });
  const ending = reconstruction.endSteps();
  while (ending.next().done !== true) yield trace.bytes;
  const vms: VmScore[] = [];
  for (const vm of run.scores(`Trace ${name}`, VERSION)) {
    vms.push(vm);
    yield trace.bytes;
  }
  const score = { name, version: VERSION, census, vms };
  return { score, verdict: verdictOf(score) };
}

interface Receiver {
  readonly name: string;
  readonly census: Census;
  readonly take: Take;
}

/** Takes the facts of a trace of either kind. Yields the bytes that were read so far. */
function* factsOf(trace: StoredTrace, receiver: Receiver): Generator<number, void> {
  const magic = trace.read(0, DAT_MAGIC.length);
  if (DAT_MAGIC.every((byte, at) => magic[at] === byte)) yield* binarySteps(trace, receiver);
  else yield* textSteps(trace, receiver);
}

function* textSteps(trace: StoredTrace, { census, take }: Receiver): Generator<number, void> {
  const reader = createTextReader(census, take);
  for (let from = 0; from < trace.bytes; from += BLOCK_BYTES) {
    const block = Buffer.from(trace.read(from, BLOCK_BYTES));
    for (let at = 0; at < block.length; at += TEXT_AT_ONCE) {
      reader.push(block.toString('latin1', at, at + TEXT_AT_ONCE));
      yield from + at;
    }
  }
  reader.end();
}

/** @throws {ApiError} If it is a trace.dat that is broken in its head. */
function* binarySteps(
  trace: StoredTrace,
  { name, census, take }: Receiver,
): Generator<number, void> {
  let read = 0;
  const source: ByteSource = {
    size: trace.bytes,
    read(offset, length) {
      const bytes = trace.read(offset, length);
      read += bytes.length;
      return bytes;
    },
  };
  try {
    const { decompressors } = trace;
    const head = openDat(source, decompressors);
    read = 0;
    for (const _ of datSteps(source, head, { decompressors, census, take })) {
      yield Math.min(read, trace.bytes);
    }
  } catch (error) {
    if (!(error instanceof DatFlaw)) throw error;
    throw new ApiError('invalid-request', `Cannot read trace "${name}": ${error.message}`);
  }
}
