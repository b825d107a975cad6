import { NotWritten } from '../../journal/log/index.js';

/** Another server wrote to the log of a VM first: what this one had gathered is undone. */
export class LostRace extends NotWritten {
  constructor(vm: string) {
    super(`another server wrote to VM "${vm}" first`, false);
  }
}
