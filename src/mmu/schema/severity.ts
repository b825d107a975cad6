import { z } from 'zod';
import type { MmuEventKind } from './event.js';
import type { Outcome } from './outcome.js';

/** From what only a debugger wants to see to what nobody should miss. */
export const SEVERITIES = ['debug', 'info', 'notice', 'warning'] as const;

export const Severity = z
  .enum(SEVERITIES)
  .meta({ id: 'Severity', description: 'Importance of an event, from `debug` to `warning`.' });
export type Severity = z.output<typeof Severity>;

/**
 * Severity of each kind of event. Flushes, and roots that were given up or marked, are `notice`:
 * watchers come for them. Events that every access brings along are `debug`.
 */
export const EVENT_SEVERITY: Readonly<Record<MmuEventKind, Severity>> = {
  'root-reused': 'info',
  'root-missed': 'info',
  'root-allocated': 'info',
  'root-evicted': 'notice',
  'root-freed': 'notice',
  'root-marked-unsync': 'notice',
  'root-synced': 'info',
  'request-made': 'info',
  'request-serviced': 'info',
  'tlb-flushed': 'notice',
  'page-allocated': 'debug',
  'page-zapped': 'info',
  'page-unsynced': 'debug',
  'page-synced': 'debug',
  'page-fault': 'debug',
  access: 'debug',
  'vm-exit': 'debug',
  'vm-entered': 'debug',
  'fault-injected': 'notice',
  'vm-fail': 'warning',
  violation: 'warning',
};

/** Severity of a command, by its outcome. */
export const OUTCOME_SEVERITY: Readonly<Record<Outcome['kind'], Severity>> = {
  ok: 'info',
  fault: 'notice',
  'vm-fail': 'warning',
  'vm-exit': 'info',
  mmio: 'info',
  error: 'warning',
  shutdown: 'warning',
};
