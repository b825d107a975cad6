import type { HistoryFrame, Timeline, Wanted } from './timeline.js';
import { credentials, refuseToken } from './token.js';
import type {
  Model,
  NewVm,
  PolicySummary,
  VmSummary,
  WireApplied,
  WireCaseFile,
  WireCommand,
  WireExcerpt,
  WireVcpu,
  WireVm,
  WorkloadSummary,
} from './wire.js';

const VMS_PER_PAGE = 1000;

/** Pages of the VM list that are read, at most. */
const VM_PAGES_MAX = 5;

/** A refusal of the server, or no answer at all (`status` 0). */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  readonly status: number;
  /** With 410: the lowest sequence number that is still kept. */
  readonly oldest: number | null;

  constructor(status: number, message: string, oldest: number | null = null) {
    super(message);
    this.status = status;
    this.oldest = oldest;
  }
}

/** Whether the server refuses for good: what was asked for is not there, or not for this reader. */
export function isRefusal({ status }: RequestFailed): boolean {
  return status === 404 || status === 401 || status === 403;
}

/** VMs in the server's order, and whether there are more than these. */
export async function listVms(): Promise<{ vms: VmSummary[]; more: boolean }> {
  const vms: VmSummary[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < VM_PAGES_MAX; page += 1) {
    const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const list: VmList = await request<VmList>('GET', `/v1/vms?limit=${VMS_PER_PAGE}${from}`);
    vms.push(...list.vms);
    cursor = list.next;
    if (cursor === null) break;
  }
  return { vms, more: cursor !== null };
}

export function getVm(vm: string): Promise<WireVm> {
  return request('GET', `/v1/vms/${encodeURIComponent(vm)}`);
}

export function createVm(config: NewVm): Promise<WireVm> {
  return request('POST', '/v1/vms', { body: config });
}

export async function listPolicies(): Promise<PolicySummary[]> {
  return (await request<{ policies: PolicySummary[] }>('GET', '/v1/policies')).policies;
}

export async function listWorkloads(): Promise<WorkloadSummary[]> {
  return (await request<{ workloads: WorkloadSummary[] }>('GET', '/v1/workloads')).workloads;
}

/** Commands of a workload, and the configuration of the VM that they are for. */
export function makeWorkload({
  workload,
  policy,
  commands,
}: WorkloadOrder): Promise<{ config: NewVm; commands: readonly WireCommand[] }> {
  const query = new URLSearchParams({ policy, commands: String(commands) });
  return request('GET', `/v1/workloads/${workload}?${query}`);
}

export async function runCommands(vm: string, commands: readonly WireCommand[]): Promise<void> {
  const path = `/v1/vms/${encodeURIComponent(vm)}/commands`;
  await request('POST', path, { body: commands });
}

/** Path that takes commands of a kind to a vCPU. */
export function commandPath(vm: string, vcpu: number, kind: string): string {
  return `/v1/vms/${encodeURIComponent(vm)}/vcpus/${vcpu}/${encodeURIComponent(kind)}`;
}

/** Runs a command. @param path That of its kind and vCPU. */
export function runCommand(path: string, body: object): Promise<WireApplied> {
  return request('POST', path, { body });
}

/** The life of a VM as a case file. */
export function getCase(vm: string): Promise<WireCaseFile> {
  return request('GET', `/v1/vms/${encodeURIComponent(vm)}/case`);
}

/** The commands around a moment, and the state before them. @param at The moment; null for now. */
export function getExcerpt(vm: string, at: number | null): Promise<WireExcerpt> {
  const query = at === null ? '' : `?at=${at}`;
  return request('GET', `/v1/vms/${encodeURIComponent(vm)}/excerpt${query}`);
}

/** Kernels, requests and bounds of the model that the server runs. */
export function getModel(): Promise<Model> {
  return request('GET', '/v1/model');
}

export async function listVcpus(vm: string): Promise<WireVcpu[]> {
  const path = `/v1/vms/${encodeURIComponent(vm)}/vcpus`;
  return (await request<{ vcpus: WireVcpu[] }>('GET', path)).vcpus;
}

/** The newest sequence number, and the oldest that is kept. */
export function getExtent(vm: string): Promise<{ head: number; oldest: number }> {
  return request('GET', `/v1/vms/${encodeURIComponent(vm)}/events?limit=1`);
}

/** A window of the history of a VM, lane by lane. */
export function getTimeline(vm: string, wanted: Wanted, signal: AbortSignal): Promise<Timeline> {
  const query = new URLSearchParams({ buckets: String(wanted.buckets) });
  if (wanted.from !== null) query.set('from', String(wanted.from));
  if (wanted.to !== null) query.set('to', String(wanted.to));
  return request('GET', `/v1/vms/${encodeURIComponent(vm)}/timeline?${query}`, { signal });
}

/** Records of a VM behind `after`. */
export async function getFrames(
  vm: string,
  after: number,
  limit: number,
  signal: AbortSignal,
): Promise<readonly HistoryFrame[]> {
  const path = `/v1/vms/${encodeURIComponent(vm)}/events?after=${after}&limit=${limit}`;
  return (await request<{ events: HistoryFrame[] }>('GET', path, { signal })).events;
}

export async function deleteVm(vm: string): Promise<void> {
  await request('DELETE', `/v1/vms/${encodeURIComponent(vm)}`);
}

interface WorkloadOrder {
  readonly workload: string;
  readonly policy: string;
  readonly commands: number;
}

/** Sends a request as it is written. @returns The text of the answer. */
export async function askText(method: string, path: string, text: string | null): Promise<string> {
  return (await send({ method, path, text, more: {}, signal: null })).text();
}

interface Problem {
  readonly detail: string;
  readonly oldest: number;
}

interface VmList {
  readonly vms: VmSummary[];
  readonly next: string | null;
}

/** Parts of a request beside its path. */
interface Beside {
  readonly body?: unknown;
  /** More headers. */
  readonly more?: Readonly<Record<string, string>>;
  /** Ends the request when nobody waits for it any more. */
  readonly signal?: AbortSignal | null;
}

/** Asks the server. @throws {RequestFailed} If it refuses, or does not answer. */
export async function request<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { body, more = {}, signal = null }: Beside = {},
): Promise<T> {
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await send({ method, path, text, more, signal });
  return (response.status === 204 ? null : await response.json()) as T;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  /** The body, as JSON text; null for none. */
  readonly text: string | null;
  readonly more: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | null;
}

/** @throws {RequestFailed} If the server refuses it, or does not answer. */
async function send({ method, path, text, more, signal }: Sent): Promise<Response> {
  const type = text === null ? {} : { 'content-type': 'application/json' };
  const headers: Record<string, string> = { ...credentials(), ...type, ...more };
  const init: RequestInit = { method, headers, body: text, cache: 'no-store', signal };
  const response = await fetch(path, init).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new RequestFailed(0, `Cannot reach ${location.host}: no answer`);
  });
  if (response.status === 401) refuseToken(headers);
  if (!response.ok) throw await failureOf(response);
  return response;
}

/** Takes the `detail` of a problem, except where it tells programs how to send a token. */
async function failureOf(response: Response): Promise<RequestFailed> {
  if (response.status === 401) {
    return new RequestFailed(401, 'Cannot read: this server needs a token');
  }
  const problem = (await response.json().catch(() => null)) as Partial<Problem> | null;
  const reason = problem?.detail ?? `${response.status} ${response.statusText}`;
  return new RequestFailed(response.status, reason, problem?.oldest ?? null);
}
