import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the room for young objects at its first size.
 *
 * V8 lets it grow to 48 MB, because a server is quicker with more. A program that reads a long file
 * makes garbage alone: it is as quick without, and takes a fifth less memory.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
