import { request } from './client.js';
import type {
  ExplorationOrder,
  JobPage,
  JobSummary,
  PriceFile,
  PriceListHead,
  RaceOrder,
  SweepOrder,
  WireCaseFile,
  WireJob,
  WireRace,
} from './wire.js';

export async function listPriceLists(): Promise<PriceListHead[]> {
  return (await request<{ priceLists: PriceListHead[] }>('GET', '/v1/price-lists')).priceLists;
}

export function getPriceList(name: string): Promise<PriceFile> {
  return request('GET', `/v1/price-lists/${encodeURIComponent(name)}`);
}

export function startRace(order: RaceOrder): Promise<WireJob> {
  return request('POST', '/v1/races', { body: order });
}

export function startSweep(order: SweepOrder): Promise<WireJob> {
  return request('POST', '/v1/sweeps', { body: order });
}

export function startExploration(order: ExplorationOrder): Promise<WireJob> {
  return request('POST', '/v1/explorations', { body: order });
}

/** Makes a VM of a case. */
export function playCase(file: WireCaseFile): Promise<{ readonly id: string }> {
  return request('POST', '/v1/cases', { body: file });
}

/** @param waitSeconds Seconds that the server waits for the end of the job before it answers. */
export function getJob(job: string, waitSeconds: number): Promise<WireJob> {
  const prefer = `wait=${waitSeconds}`;
  return request('GET', `/v1/jobs/${encodeURIComponent(job)}`, { more: { prefer } });
}

/** Jobs, the newest first. */
export async function listJobs(): Promise<JobSummary[]> {
  const jobs: JobSummary[] = [];
  let query = '';
  for (;;) {
    const page = await request<JobPage>('GET', `/v1/jobs${query}`);
    jobs.push(...page.jobs);
    if (page.next === null) return jobs.reverse();
    query = `?cursor=${encodeURIComponent(page.next)}`;
  }
}

/** Reads the race of the lanes beside a VM. */
export function getVmRace(vm: string): Promise<WireRace> {
  return request('GET', `/v1/vms/${encodeURIComponent(vm)}/race`);
}

export async function cancelJob(job: string): Promise<void> {
  await request('DELETE', `/v1/jobs/${encodeURIComponent(job)}`);
}
