import { Turns } from '../../src/server/fleet/turns.js';

/** Turns that count how often work has waited for one. Each look at the clock takes a millisecond. */
export class CountedTurns extends Turns {
  waits = 0;

  constructor() {
    let ms = 0;
    super({
      now: () => {
        ms += 1;
        return ms;
      },
    });
  }

  override next(): Promise<void> {
    this.waits += 1;
    return super.next();
  }
}
