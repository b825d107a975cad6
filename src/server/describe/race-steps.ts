import { idOf } from './session-run.js';
import type { Step } from './session-step.js';

/** A host whose exits were measured, and nothing else. */
const CALIBRATED = {
  format: 'mmulab-prices',
  formatVersion: 1,
  name: 'my-host',
  machine: 'A host at 3 GHz',
  ghz: 3,
  base: 'xeon-8269cy-4.19',
  prices: {
    exit: {
      ...{ value: 1300, low: 1250, high: 1380, sure: 'calibrated', cpu: 'A host', kernel: '6.12' },
      source: 'vmexit: cpuid',
    },
  },
};

/** A short race, and its job. */
export const RACE: readonly Step[] = [
  { operation: 'getCostModel' },
  { operation: 'addPriceList', body: CALIBRATED },
  { operation: 'listPriceLists' },
  { operation: 'getPriceList', path: { name: CALIBRATED.name } },
  { operation: 'deletePriceList', path: { name: CALIBRATED.name } },
  {
    operation: 'startRace',
    body: {
      source: { kind: 'workload', name: 'kpti', seed: 1, parameters: { commands: 60 } },
      policies: ['mainline'],
    },
  },
  { operation: 'cancelJob', path: { job: idOf('job', 1) } },
  {
    operation: 'startSweep',
    body: {
      workloads: ['kpti'],
      policies: ['mainline', 'need-sync'],
      ...{ prevRoots: [3], seeds: [1], commands: 60, prices: ['xeon-8269cy-4.19'] },
    },
  },
];
