/** Every bound of the server. An answer that refuses something names the bound that was met. */
export interface Limits {
  readonly vmsMax: number;
  /** vCPUs of all VMs together. */
  readonly vcpusMax: number;
  /** Words of guest memory that VMs are created with, all together. */
  readonly memoryWordsMax: number;
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
  memoryWordsMax: 4_000_000,
  vmHistoryRecordsMax: 8192,
  historyRecordsMax: 1_000_000,
  bodyBytesMax: 4 * 1024 * 1024,
  requestMsMax: 30_000,
  streamsMax: 1000,
  streamBufferBytesMax: 1024 * 1024,
  heartbeatMs: 30_000,
};

export const COMMANDS_PER_BATCH_MAX = 10_000;
