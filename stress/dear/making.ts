import { DEFAULT_PRICES, priceFileOf } from '../../src/lab/index.js';
import { ALL_PAGES, type Machines, mapped, switches, TRACE, touches, WORDS } from './machines.js';
import { type Dear, get, post, remove } from './request.js';

/** Requests that make something, take it back, or delete it. */
export function making(machines: Machines): readonly Dear[] {
  return [...vms(machines), ...snapshots(machines), ...jobs(machines), ...ending(machines)];
}

const tags = { dear: 'made' };
const FULL = { fills: [ALL_PAGES] };

function vms({ full, shadowed, wordy, long }: Machines): readonly Dear[] {
  const fills = Array(64).fill({ ...ALL_PAGES, count: 65_536, stride: 8 });
  const lanes = ['need-sync', 'unsync-roots', 'cached-roots'].map((policy) => ({ policy }));
  return [
    post('/v1/vms', { tags, memory: { words: WORDS } }, '/v1/vms with 60,000 words'),
    post('/v1/vms', { tags, memory: { fills } }, '/v1/vms with 64 fills'),
    post('/v1/vms', { tags, vcpus: 64, lanes }, '/v1/vms with 64 vCPUs and lanes'),
    post('/v1/vms', { tags, memory: FULL, lanes }, '/v1/vms with 64 MiB and lanes'),
    {
      ...post(`/v1/vms/${wordy}`, { tags: { dear: 'wordy' } }),
      name: 'PATCH of a VM with 60,000 words',
      method: 'PATCH',
    },
    post(`/v1/vms/${full}/fork`, {}),
    post(`/v1/vms/${shadowed}/fork`, {}, '/v1/vms/VM/fork with 30,000 shadow pages'),
    post(`/v1/vms/${full}/fork`, { policy: 'need-sync' }, '/v1/vms/VM/fork with changes'),
    post(`/v1/vms/${wordy}/fork`, { policy: 'need-sync' }, '/v1/vms/VM/fork with 60,000 words'),
    post(`/v1/vms/${long}/fork`, { policy: 'need-sync' }, '/v1/vms/VM/fork of a long history'),
  ];
}

function snapshots({ full, shadowed }: Machines): readonly Dear[] {
  return [full, shadowed].flatMap((vm) => {
    const path = `/v1/vms/${vm}/snapshots`;
    const which = vm === full ? '64 MiB' : '30,000 shadow pages';
    return [
      post(path, { name: 's' }, `/v1/vms/VM/snapshots of ${which}`),
      get(`${path}/s`),
      post(`${path}/s/restore`, {}, `/v1/vms/VM/snapshots/s/restore of ${which}`),
      remove(`${path}/s`),
    ];
  });
}

function jobs({ full, long, wordy, trace }: Machines): readonly Dear[] {
  const kpti = { kind: 'workload', name: 'kpti', seed: 1 };
  const commands = switches(10_000);
  const config = { memory: FULL, registers: { cr3: '0x100000', cr4: '0x200a0' } };
  const prevRoots = [0, 3, 15];
  const given = { kind: 'commands', config, commands };
  return [
    ...jobOf('races', {
      source: { ...kpti, parameters: { commands: 100_000 } },
      policies: 'all',
      prevRoots,
    }),
    ...jobOf('races', { source: given, policies: 'all', prevRoots }, ' with 64 MiB a lane'),
    ...jobOf('races', { source: { kind: 'vm', vm: full }, policies: 'all' }, ' of a VM'),
    ...jobOf('races', { source: { kind: 'vm', vm: long }, policies: 'all' }, ' of a long history'),
    ...jobOf(
      'races',
      { source: { kind: 'vm', vm: wordy }, policies: 'all', prevRoots },
      ' of words',
    ),
    ...jobOf('sweeps', {
      workloads: ['kpti'],
      policies: ['mainline', 'need-sync', 'unsync-roots', 'cached-roots'],
      prevRoots: Array.from({ length: 16 }, (_, i) => i),
      seeds: Array.from({ length: 31 }, (_, i) => i),
      commands: 500,
    }),
    ...jobOf('explorations', {
      machine: { kind: 'bounded', policy: 'need-sync', slots: 3, spaces: 4, vcpus: 2 },
      states: 20_000,
    }),
    post('/v1/traces?policy=mainline', TRACE),
    post(`/v1/traces/${trace}/vms`, { tags }),
    ...jobOf('shrinks', { source: given }),
    post('/v1/price-lists', { ...priceFileOf(DEFAULT_PRICES), name: 'dear' }),
    get('/v1/price-lists/dear'),
    remove('/v1/price-lists/dear'),
  ];
}

type JobKind = 'races' | 'sweeps' | 'explorations' | 'shrinks';

/** A job that is started. Its steps are measured as long as the next requests take. */
function jobOf(kind: JobKind, body: object, what = ''): readonly Dear[] {
  return [post(`/v1/${kind}`, body, `/v1/${kind}${what}`)];
}

function ending({ full, wordy, shadowed, job }: Machines): readonly Dear[] {
  const kept = { format: 'mmulab-case', formatVersion: 1, mmulab: '0.1.0', config: {} };
  const none = `sha256:${'0'.repeat(64)}`;
  const expected = { state: none, events: none };
  return [
    post('/v1/cases', { ...kept, commands: switches(10_000), expected }, '/v1/cases'),
    post(`/v1/vms/${full}/reset`, {}),
    // What the reset took away, so that a second round finds it again.
    post(
      `/v1/vms/${full}/commands`,
      [mapped(16_000, '0x4000000'), ...touches(8000)],
      'batch: 64 MiB mapped and touched',
    ),
    post(`/v1/vms/${wordy}/reset`, {}, '/v1/vms/VM/reset with 60,000 words'),
    post(`/v1/vms/${shadowed}/reset`, {}, '/v1/vms/VM/reset with 30,000 shadow pages'),
    remove(`/v1/vms/${wordy}`),
    remove('/v1/vms?tag=dear:made'),
    remove(`/v1/jobs/${job}`),
  ];
}
