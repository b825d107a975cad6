import { getHeapStatistics } from 'node:v8';

/** Share of the heap that Node allows itself: beyond, it soon ends for want of memory. */
const HEAP_SHARE = 0.9;

/** Every bound of the server. An answer that refuses something names the bound that was met. */
export interface Limits {
  readonly vmsMax: number;
  /** vCPUs of all VMs together. */
  readonly vcpusMax: number;
  /** Pages of 4 KiB that guest memory, shadow pages and TLBs of all VMs take together. */
  readonly memoryPagesMax: number;
  /** Commands and events kept of one VM. */
  readonly vmHistoryRecordsMax: number;
  /** Commands and events kept of all VMs together. */
  readonly historyRecordsMax: number;
  /** Bytes of the snapshots of all VMs together. */
  readonly snapshotBytesMax: number;
  readonly bodyBytesMax: number;
  /** A request that has not come whole after this long is given up. */
  readonly requestMsMax: number;
  readonly streamsMax: number;
  /** Bytes that wait for a reader of a stream; the rest stays in the VM's history. */
  readonly streamBufferBytesMax: number;
  /** A stream whose client did not answer a ping for this long is closed. */
  readonly heartbeatMs: number;
  /** Streams of all VMs at once; they count among the streams as well. */
  readonly fleetStreamsMax: number;
  /** Clients that wait for something to happen. */
  readonly waitsMax: number;
  /** Jobs that have not ended: those that run, and those that wait for their turn. */
  readonly jobsMax: number;
  /** Jobs that run at once, in turns. */
  readonly jobsRunningMax: number;
  /** Jobs that have ended and are kept, with their results. */
  readonly jobsKeptMax: number;
  /** How long they are kept. */
  readonly jobKeptMs: number;
  /** How long a job runs before others are served; one step may take longer. */
  readonly jobSliceMs: number;
  /** Pages of 4 KiB that the machines of all jobs take together. */
  readonly jobPagesMax: number;
  /** VMs that share a tag: no test-suite takes the place of all others. */
  readonly vmsPerTagMax: number;
  /** Answers kept to be given again, over all clients. */
  readonly idempotencyKeysMax: number;
  /** Bytes of those answers together. */
  readonly idempotencyBytesMax: number;
  /** A longer answer is given once: its key is kept, the answer is not. */
  readonly idempotencyAnswerBytesMax: number;
  /** How long a key is kept. */
  readonly idempotencyMs: number;
  /** Requests of one client in one second; null is as many as it likes. */
  readonly clientRequestsPerSecondMax: number | null;
  /** How far behind its clients' requests the server may be, on average over a second. */
  readonly eventLoopDelayMsMax: number;
  /** JavaScript's heap; over it only what gives room is done. */
  readonly heapBytesMax: number;
}

export const DEFAULT_LIMITS: Limits = {
  vmsMax: 10_000,
  vcpusMax: 100_000,
  memoryPagesMax: 262_144,
  vmHistoryRecordsMax: 8192,
  historyRecordsMax: 1_000_000,
  snapshotBytesMax: 256 * 1024 * 1024,
  bodyBytesMax: 4 * 1024 * 1024,
  requestMsMax: 30_000,
  streamsMax: 1000,
  streamBufferBytesMax: 1024 * 1024,
  heartbeatMs: 30_000,
  fleetStreamsMax: 64,
  waitsMax: 1000,
  jobsMax: 16,
  jobsRunningMax: 2,
  jobsKeptMax: 64,
  jobKeptMs: 3_600_000,
  jobSliceMs: 8,
  jobPagesMax: 131_072,
  vmsPerTagMax: 5000,
  idempotencyKeysMax: 10_000,
  idempotencyBytesMax: 64 * 1024 * 1024,
  idempotencyAnswerBytesMax: 4 * 1024 * 1024,
  idempotencyMs: 3_600_000,
  clientRequestsPerSecondMax: null,
  eventLoopDelayMsMax: 1000,
  heapBytesMax: Math.floor(HEAP_SHARE * getHeapStatistics().heap_size_limit),
};

/**
 * Requests of one client in one second, where others can reach the server. On loopback all clients
 * have one address, and a test-suite of many processes must not be taken for one that is greedy.
 */
export const REMOTE_REQUESTS_PER_SECOND_MAX = 5000;

/** Clients whose requests are counted at once; the ones seen longest ago are forgotten. */
export const CLIENTS_COUNTED_MAX = 10_000;

export const COMMANDS_PER_BATCH_MAX = 10_000;

/** Commands that are tried on a copy in one go: atomic batches and dry runs. */
export const COMMANDS_TRIED_MAX = 1000;

/** Bytes of a line in a stream of commands. */
export const COMMAND_LINE_BYTES_MAX = 64 * 1024;

/** Tags of a VM. */
export const TAGS_PER_VM_MAX = 16;

/** Seconds that a VM may stay idle before it is deleted, if it is to be deleted at all: a week. */
export const TTL_SECONDS_MAX = 604_800;

/** A reader whose filter left out what came last is told so after this long at most. */
export const STREAM_THROUGH_MS = 1000;

/** Creations and deletions of VMs that are kept for readers of all VMs. */
export const LIFE_RECORDS_MAX = 4096;

/** How long a client may wait for something to happen. */
export const WAIT_MS_MAX = 60_000;

/** Expectations of one verification. */
export const EXPECTATIONS_MAX = 32;

/** Checks of one pattern or condition. */
export const CHECKS_MAX = 16;

/** Newest records among which the nearest miss is looked for. */
export const NEAREST_RECORDS_MAX = 1000;

/** Commands that lead from a configuration to a state: of a case file, and of a fork that replays. */
export const CASE_COMMANDS_MAX = 10_000;

/** Commands of a workload in one answer of lines; as a case it is bounded as every case is. */
export const WORKLOAD_COMMANDS_MAX = 100_000;

/** Lanes beside one VM. */
export const LANES_PER_VM_MAX = 12;

/** References of all lanes of a VM up to which their bound is worked out while a client waits. */
export const LANE_REFERENCES_MAX = 65_536;

/** Commands of a race, times its lanes. */
export const RACE_STEPS_MAX = 5_000_000;

/** Named snapshots of one VM. */
export const SNAPSHOTS_PER_VM_MAX = 64;

/** Differences of one answer. */
export const DIFFERENCES_MAX = 10_000;

/** Shadow pages of one answer. */
export const PAGE_SHADOW_PAGES_MAX = 1000;

/** TLB entries of one answer. */
export const PAGE_TLB_ENTRIES_MAX = 10_000;

/** Bytes of guest memory of one answer. */
export const MEMORY_BYTES_MAX = 64 * 1024;
