import { getHeapStatistics } from 'node:v8';

/** Share of Node's heap limit above which the server refuses work: close to it, Node exits. */
const HEAP_SHARE = 0.9;

/** Every bound of the server. A refusal names the bound that was met. */
export interface Limits {
  readonly vmsMax: number;
  /** vCPUs of all VMs together. */
  readonly vcpusMax: number;
  /** Pages of 4 KiB: guest memory, shadow pages and TLBs of all VMs together. */
  readonly memoryPagesMax: number;
  /** Commands and events kept for one VM. */
  readonly vmHistoryRecordsMax: number;
  /** Commands and events kept for all VMs together. */
  readonly historyRecordsMax: number;
  /** Bytes of the snapshots of all VMs together. */
  readonly snapshotBytesMax: number;
  readonly bodyBytesMax: number;
  /** Milliseconds within which a request must have arrived completely. */
  readonly requestMsMax: number;
  readonly streamsMax: number;
  /** Bytes buffered for a reader of a stream; the rest stays in the VM's history. */
  readonly streamBufferBytesMax: number;
  /** Milliseconds after which a stream is closed whose client does not answer pings. */
  readonly heartbeatMs: number;
  /** Streams that follow all VMs at once; they count among `streamsMax` as well. */
  readonly fleetStreamsMax: number;
  /** Clients that wait for a condition. */
  readonly waitsMax: number;
  /** Jobs that have not ended, running or queued. */
  readonly jobsMax: number;
  /** Jobs that run at the same time, in turns. */
  readonly jobsRunningMax: number;
  /** Ended jobs that are kept with their results. */
  readonly jobsKeptMax: number;
  /** Milliseconds that an ended job is kept. */
  readonly jobKeptMs: number;
  /** Milliseconds that a job runs before others are served; one step may take longer. */
  readonly jobSliceMs: number;
  /** Pages of 4 KiB of the machines of all jobs together. */
  readonly jobPagesMax: number;
  /** VMs with the same tag, so that one test suite cannot fill the server. */
  readonly vmsPerTagMax: number;
  /** Answers kept for repeated requests, over all clients. */
  readonly idempotencyKeysMax: number;
  /** Bytes of those answers together. */
  readonly idempotencyBytesMax: number;
  /** Bytes of one answer; of a longer one only the key is kept. */
  readonly idempotencyAnswerBytesMax: number;
  /** Milliseconds that a key is kept. */
  readonly idempotencyMs: number;
  /** Requests of one client in one second; null for no bound. */
  readonly clientRequestsPerSecondMax: number | null;
  /** Milliseconds by which the server may lag behind requests, averaged over a second. */
  readonly eventLoopDelayMsMax: number;
  /** Bytes of JavaScript's heap; above it, only requests that free memory are served. */
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
 * Requests of one client in one second, on a server that other machines can reach. On loopback all
 * clients share one address, and a test suite of many processes is not one greedy client.
 */
export const REMOTE_REQUESTS_PER_SECOND_MAX = 5000;

/** Clients whose requests are counted at the same time; the least recent ones are forgotten. */
export const CLIENTS_COUNTED_MAX = 10_000;

export const COMMANDS_PER_BATCH_MAX = 10_000;

/** Commands of an atomic batch or a dry run, which are tried on a copy. */
export const COMMANDS_TRIED_MAX = 1000;

/** Bytes of a line in a stream of commands. */
export const COMMAND_LINE_BYTES_MAX = 64 * 1024;

/** Tags of a VM. */
export const TAGS_PER_VM_MAX = 16;

/** Longest TTL of a VM, in seconds: a week. */
export const TTL_SECONDS_MAX = 604_800;

/** Milliseconds within which a reader is told that its filter left out the newest records. */
export const STREAM_THROUGH_MS = 1000;

/** Creations and deletions kept for readers of all VMs. */
export const LIFE_RECORDS_MAX = 4096;

/** Milliseconds that a client may wait for a condition. */
export const WAIT_MS_MAX = 60_000;

/** Expectations of one verification. */
export const EXPECTATIONS_MAX = 32;

/** Checks of one pattern or condition. */
export const CHECKS_MAX = 16;

/** Newest records that are searched for the nearest miss. */
export const NEAREST_RECORDS_MAX = 1000;

/** Commands of a case file, and of a fork that replays them. */
export const CASE_COMMANDS_MAX = 10_000;

/** Commands of a workload in one answer of lines. A workload as a case has the bound of cases. */
export const WORKLOAD_COMMANDS_MAX = 100_000;

/** Lanes beside one VM. */
export const LANES_PER_VM_MAX = 12;

/** References of all lanes of a VM above which their lower bound is not worked out. */
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
