import { getHeapStatistics } from 'node:v8';
import { LANES_MAX, TRIES_MAX, TRIPLES_MAX } from '../../lab/index.js';
import { DEFECTS_MAX, MEMORY_PAGES_MAX, VMCS_REGIONS_MAX } from '../../mmu/index.js';
import {
  MAP_PAGES_MAX,
  MEMSLOTS_MAX,
  MMU_PAGES_MAX,
  PREV_ROOTS_MAX,
  TLB_ENTRIES_MAX,
  VCPUS_PER_VM_MAX,
} from '../../mmu/schema/index.js';

/** One bound of the server. */
export interface Bound<Value extends number | null = number | null> {
  /** Where `isMovable`, the value of a server that was told no other. Null for no bound. */
  readonly value: Value;
  /** One sentence: the unit first, then of what. */
  readonly meaning: string;
  /** Whether `createLab()` or an option of `mmulab serve` may set another value. */
  readonly isMovable: boolean;
}

interface Movable<Value extends number | null = number> extends Bound<Value> {
  readonly isMovable: true;
}

const MIB = 1024 * 1024;

/** Share of Node's heap limit above which the server refuses work: close to it, Node exits. */
const HEAP_SHARE = 0.9;

const REQUESTS: Movable<number | null> = {
  value: null,
  meaning: 'Requests of one client in one second.',
  isMovable: true,
};

const KEPT: Movable<number | null> = {
  value: null,
  meaning: 'Seconds after which a VM that sleeps is deleted, where VMs are kept.',
  isMovable: true,
};

/**
 * Every bound of the server, by the name that `GET /v1/model` gives it. A refusal names the bound
 * that was met.
 */
export const BOUNDS = {
  vms: movable(10_000, 'VMs in memory; where VMs are kept, any number sleep beside them.'),
  idleMs: movable(
    600_000,
    'Milliseconds after which a VM that nobody uses is put to sleep, where VMs are kept.',
  ),
  journalBytes: movable(
    64 * 1024 * MIB,
    'Bytes of the folder that VMs are kept in; beyond it, only deletions are served.',
  ),
  vcpusPerVm: fixed(VCPUS_PER_VM_MAX, 'vCPUs of one VM.'),
  vcpus: movable(100_000, 'vCPUs of all VMs together.'),
  prevRoots: fixed(PREV_ROOTS_MAX, 'Slots for previous roots of one MMU.'),
  defectsPerVm: fixed(DEFECTS_MAX, 'Defects of one VM.'),
  mmuPages: fixed(MMU_PAGES_MAX, 'Shadow pages that `mmuPages` of a VM may ask for.'),
  vmcsRegionsPerVm: fixed(VMCS_REGIONS_MAX, 'VMCS regions that the vCPUs of one VM touch.'),
  tlbEntries: fixed(TLB_ENTRIES_MAX, 'TLB entries of one vCPU.'),
  memslots: fixed(MEMSLOTS_MAX, 'Memslots of one VM.'),
  memoryPagesPerVm: fixed(MEMORY_PAGES_MAX, 'Pages of guest memory of one VM that are not zero.'),
  memoryPages: movable(
    262_144,
    'Pages of 4 KiB: guest memory, shadow pages and TLBs of all VMs together.',
  ),
  pagesPerMap: fixed(MAP_PAGES_MAX, 'Pages that one `map` command maps.'),
  commandsPerBatch: fixed(10_000, 'Commands of one batch.'),
  targetBytes: fixed(12 * 1024, "Bytes of a request's path and query."),
  bodyBytes: movable(4 * MIB, 'Bytes of a request body.'),
  requestMs: movable(30_000, 'Milliseconds within which a request must have arrived completely.'),
  drainMs: movable(
    5000,
    'Milliseconds that a server which ends waits until requests under way are answered.',
  ),
  vmKeptSeconds: KEPT,
  historyRecordsPerVm: movable(16_777_216, 'Commands and events kept for one VM.'),
  historyRecords: movable(
    1_800_000,
    'Histories of all VMs together, in 256 bytes: a command or event as it is, or some hundred packed.',
  ),
  snapshotsPerVm: fixed(64, 'Named snapshots of one VM.'),
  snapshotBytes: movable(256 * MIB, 'Bytes of the snapshots of all VMs together.'),
  commandsPerCase: fixed(10_000, 'Commands of a case file, and of a fork that replays them.'),
  excerptPages: fixed(4096, 'Pages of 4 KiB of the state that an excerpt begins with.'),
  commandsPerWorkload: fixed(100_000, 'Commands of a workload in one answer of lines.'),
  differencesPerPage: fixed(10_000, 'Differences of one answer.'),
  momentMachines: fixed(8, 'Machines kept that stand at a past moment, of all VMs together.'),
  momentPages: fixed(65_536, 'Pages of 4 KiB of those machines together.'),
  momentMarks: fixed(32, 'States kept on the way to past moments, of all VMs together.'),
  commandsPerCoverage: fixed(20_000, 'Commands by which one look at a coverage goes on.'),
  coverageMachines: fixed(8, 'Machines kept that follow a VM for its coverage.'),
  triplesPerCoverage: fixed(TRIPLES_MAX, 'Triples of one coverage that are told apart.'),
  triplesPerPage: fixed(1000, 'Triples of one answer.'),
  recordsPerSearch: fixed(32_768, 'Records that one search looks through.'),
  timelineBuckets: fixed(1024, 'Buckets of one timeline, for each vCPU.'),
  timelineCells: fixed(
    32_768,
    'Buckets of one timeline, all its vCPUs together; a timeline of more vCPUs is coarser.',
  ),
  framesPerPage: fixed(10_000, 'Frames of one page of a history.'),
  shadowPagesPerPage: fixed(1000, 'Shadow pages of one answer.'),
  tlbEntriesPerPage: fixed(10_000, 'TLB entries of one answer.'),
  memoryBytesPerPage: fixed(64 * 1024, 'Bytes of guest memory of one answer.'),
  streams: movable(1000, 'Open streams.'),
  streamBufferBytes: movable(
    MIB,
    "Bytes buffered for a reader of a stream; the rest stays in the VM's history.",
  ),
  streamFrameBytes: movable(
    32 * MIB,
    'Bytes kept for the readers of all streams together until they had their turn.',
  ),
  heartbeatMs: movable(
    30_000,
    'Milliseconds after which a stream is closed whose client does not answer pings.',
  ),
  fleetStreams: movable(64, 'Streams that follow all VMs; they count among `streams` as well.'),
  lifeRecords: fixed(4096, 'Creations and deletions kept for readers of all VMs.'),
  waits: movable(1000, 'Clients that wait for a condition.'),
  waitMs: fixed(60_000, 'Milliseconds that a client may wait for a condition.'),
  jobs: movable(16, 'Jobs that have not ended, running or queued.'),
  jobsRunning: movable(2, 'Jobs that run at the same time, in turns.'),
  jobsKept: movable(64, 'Ended jobs that are kept with their results.'),
  jobKeptMs: movable(3_600_000, 'Milliseconds that an ended job is kept.'),
  jobSliceMs: movable(
    8,
    'Milliseconds that a job runs before others are served; one step may take longer.',
  ),
  shardThreads: movable(
    2,
    'Threads that run shards of jobs: races of sweeps, searches, and shrinks.',
  ),
  shardsAhead: fixed(
    64,
    'Shards of one job that wait for workers at a time, where VMs are in NATS.',
  ),
  jobPages: movable(131_072, 'Pages of 4 KiB of the machines of all jobs together.'),
  jobResultPages: movable(
    65_536,
    'Pages of 4 KiB of the results of ended jobs; the oldest are forgotten first.',
  ),
  traceBytes: movable(2 * 1024 * MIB, 'Bytes of an uploaded trace, packed and unpacked.'),
  traceStoreBytes: movable(
    4 * 1024 * MIB,
    'Bytes on disk of all traces that are received, wait or are read.',
  ),
  triesPerShrink: fixed(TRIES_MAX, 'Lists of commands that one shrinking tries.'),
  priceLists: movable(256, 'Price lists that clients gave.'),
  lanesPerRace: fixed(LANES_MAX, 'Lanes of one race.'),
  lanesPerVm: fixed(12, 'Lanes beside one VM.'),
  stepsPerRace: fixed(5_000_000, 'Commands of a race, times its lanes.'),
  cellsPerSweep: fixed(2000, 'Races of one sweep.'),
  stepsPerSweep: fixed(50_000_000, 'Commands of all races of a sweep, times their lanes.'),
  expectations: fixed(32, 'Expectations of one verification.'),
  checks: fixed(16, 'Checks of one pattern or condition.'),
  vmsPerTag: movable(5000, 'VMs with the same tag, so that one suite cannot fill the server.'),
  tagsPerVm: fixed(16, 'Tags of one VM.'),
  ttlSeconds: fixed(604_800, 'Seconds that a VM may ask to be kept unused: a week.'),
  commandsTried: fixed(1000, 'Commands of an atomic batch or a dry run, tried on a copy.'),
  commandLineBytes: fixed(64 * 1024, 'Bytes of a line in a stream of commands.'),
  idempotencyKeys: movable(10_000, 'Answers kept for repeated requests, over all clients.'),
  idempotencyBytes: movable(64 * MIB, 'Bytes of those answers together.'),
  idempotencyAnswerBytes: movable(
    4 * MIB,
    'Bytes of one such answer; of a longer one only the key is kept.',
  ),
  idempotencyMs: movable(3_600_000, 'Milliseconds that a key is kept.'),
  clientRequestsPerSecond: REQUESTS,
  eventLoopDelayMs: movable(
    1000,
    'Milliseconds by which the server may lag behind requests, averaged over a second.',
  ),
  heapBytes: movable(
    Math.floor(HEAP_SHARE * getHeapStatistics().heap_size_limit),
    "Bytes of JavaScript's heap; above it, only requests that free memory are served.",
  ),
} as const satisfies Record<string, Bound>;

/**
 * Requests of one client in one second, on a server that other machines can reach. On loopback all
 * clients share one address, and a test suite of many processes is not one greedy client.
 */
export const REMOTE_REQUESTS_PER_SECOND_MAX = 5000;

export type BoundName = keyof typeof BOUNDS;

/** The bounds that can be moved. */
export type Limits = {
  readonly [Name in BoundName as (typeof BOUNDS)[Name] extends Movable<number | null>
    ? Name
    : never]: (typeof BOUNDS)[Name]['value'];
};

export const DEFAULT_LIMITS = Object.fromEntries(
  Object.entries(BOUNDS).flatMap(([name, { value, isMovable }]) =>
    isMovable ? [[name, value]] : [],
  ),
) as Limits;

function movable(value: number, meaning: string): Movable {
  return { value, meaning, isMovable: true };
}

function fixed(value: number, meaning: string): Bound<number> & { readonly isMovable: false } {
  return { value, meaning, isMovable: false };
}
