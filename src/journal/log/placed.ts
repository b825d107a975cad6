import type { Placed } from './journal.js';
import { BadRecord, decodeRecord, unseal } from './record.js';

/** The record at a place of a log, or why the bytes are none. */
export function placed(position: number, bytes: Uint8Array): Placed {
  try {
    return { position, record: decodeRecord(bytes) };
  } catch (error) {
    if (error instanceof BadRecord) return { position, damage: error.message };
    throw error;
  }
}

/** The bytes that were sealed; null if they were changed since. */
export function unsealed(bytes: Uint8Array): Uint8Array | null {
  try {
    return unseal(bytes);
  } catch (error) {
    if (error instanceof BadRecord) return null;
    throw error;
  }
}
