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
  readonly bodyBytesMax: number;
  /** A request that has not come whole after this long is given up. */
  readonly requestMsMax: number;
  readonly streamsMax: number;
  /** Bytes that wait for a reader of a stream; the rest stays in the VM's history. */
  readonly streamBufferBytesMax: number;
  /** A stream whose client did not answer a ping for this long is closed. */
  readonly heartbeatMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  vmsMax: 10_000,
  vcpusMax: 100_000,
  memoryPagesMax: 262_144,
  vmHistoryRecordsMax: 8192,
  historyRecordsMax: 1_000_000,
  bodyBytesMax: 4 * 1024 * 1024,
  requestMsMax: 30_000,
  streamsMax: 1000,
  streamBufferBytesMax: 1024 * 1024,
  heartbeatMs: 30_000,
};

export const COMMANDS_PER_BATCH_MAX = 10_000;

/** Shadow pages of one answer. */
export const PAGE_SHADOW_PAGES_MAX = 1000;

/** TLB entries of one answer. */
export const PAGE_TLB_ENTRIES_MAX = 10_000;

/** Bytes of guest memory of one answer. */
export const MEMORY_BYTES_MAX = 64 * 1024;
