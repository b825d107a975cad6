/** Bytes of a state that take about as long to keep as a command takes to make a record. */
const BYTES_A_RECORD = 128;

/** Records between two checkpoints of a small state, and at most. */
const RECORDS_MIN = 1024;
const RECORDS_MAX = 65_536;

/** Share of a history that may depend on one checkpoint, and so is forgotten with it. */
const SHARE = 1 / 4;

/** Bytes of checkpoints that a packed record may cost, and records between two of them at least. */
const PACKED_BYTES_A_RECORD = 8;
const PACKED_RECORDS_MIN = 4096;
const PACKED_RECORDS_MAX = 16_384;

/** Records between two checkpoints. @param bytes Those of the newest one. */
export function spacingOf(bytes: number, recordsMax: number): number {
  return Math.min(Math.max(bytes / BYTES_A_RECORD, RECORDS_MIN), recordsMax * SHARE, RECORDS_MAX);
}

/**
 * Records between two checkpoints of a packed history, at least. Any moment is made again from the
 * one before it, so that a few thousand commands are the most that it takes.
 *
 * @param bytes Those of one checkpoint.
 */
export function packedSpacing(bytes: number): number {
  const worth = Math.max(bytes / PACKED_BYTES_A_RECORD, PACKED_RECORDS_MIN);
  return Math.min(worth, PACKED_RECORDS_MAX);
}
