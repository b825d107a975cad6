import { Desk } from '../../web/engine/desk.js';
import type { CallName, Calls } from '../../web/engine/protocol.js';
import type { Turns } from '../../web/engine/turns.js';

/** Turns without end, and with nobody to wait. */
const AT_ONCE: Turns = { isOver: () => false, next: async () => {} };

/** Asks a desk as the worker does, but at once. */
export function atDesk(desk = new Desk('0.0.0-test')) {
  return <K extends CallName>(
    name: K,
    takes: Calls[K]['takes'],
    turns: Turns = AT_ONCE,
  ): Promise<Calls[K]['gives']> => desk.answer(name, takes, turns);
}

/** A workload as the page opens it. */
export function generated(workload: string, commands: number, changes = {}) {
  const values = { commands };
  return { kind: 'generated', mmulab: '', workload, seed: 1, values, changes } as const;
}
