import { type TableMemory, tablesIn } from '../machine/index.js';
import { noteWalked } from '../oracle/index.js';
import type { Vm } from '../state/index.js';

/** An entry of L2's tables that is read or written: where it lies, as L2 has it. */
export interface TableEntryAccess {
  readonly gpa: number;
  readonly kind: 'read' | 'write';
  readonly bytes: 4 | 8;
}

/**
 * The guest's tables, each of whose entries lies where an EPT has it.
 *
 * @param placeOf Tells that place in L1's memory; null where the EPT denies it.
 */
export function tablesThroughEpt(
  vm: Vm,
  placeOf: (entry: TableEntryAccess) => number | null,
): TableMemory {
  const memory = tablesIn(vm.memory);
  return {
    readEntry: (gpa, bytes) => {
      const place = placeOf({ gpa, kind: 'read', bytes });
      if (place === null) return null;
      noteWalked(vm, place);
      return memory.readEntry(place, bytes);
    },
    writeEntry: (gpa, bytes, entry) => {
      const place = placeOf({ gpa, kind: 'write', bytes });
      return place !== null && memory.writeEntry(place, bytes, entry);
    },
  };
}
