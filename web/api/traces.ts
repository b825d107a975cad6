import { RequestFailed, request } from './client.js';
import { credentials } from './token.js';
import type { ReportName, ShrinkOrder, TracedCommand, TracedVmMade, WireJob } from './wire.js';

/** An upload under way. */
export interface Upload {
  /** @throws {RequestFailed} If it is refused, cancelled, or the server does not answer. */
  readonly job: Promise<WireJob>;
  cancel(): void;
}

/**
 * Sends a trace as it is.
 *
 * @param query Settings of the score.
 * @param told Is told how many bytes are sent.
 */
export function uploadTrace(
  file: File,
  query: URLSearchParams,
  told: (sent: number) => void,
): Upload {
  // `fetch` does not tell how far an upload is.
  const sending = new XMLHttpRequest();
  const job = new Promise<WireJob>((resolve, reject) => {
    const failed = (status: number, why: string) => reject(new RequestFailed(status, why));
    sending.upload.onprogress = ({ loaded }) => told(loaded);
    sending.onerror = () => failed(0, `Cannot reach ${location.host}: no answer`);
    sending.onabort = () => failed(0, 'Cancelled');
    sending.onload = () => {
      const { status, responseText } = sending;
      if (status === 202) resolve(JSON.parse(responseText) as WireJob);
      else failed(status, detailOf(responseText) ?? `Refused: ${status}`);
    };
  });
  sending.open('POST', `/v1/traces?${query}`);
  for (const [name, value] of Object.entries(credentials())) sending.setRequestHeader(name, value);
  sending.setRequestHeader('content-type', 'application/octet-stream');
  sending.send(file);
  return { job, cancel: () => sending.abort() };
}

function detailOf(text: string): string | null {
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? null;
  } catch {
    return null;
  }
}

/** Path of a report of a scored trace. */
export function reportPath(job: string, as: ReportName): string {
  return `/v1/traces/${encodeURIComponent(job)}/report?as=${as}`;
}

/** Makes a VM of a trace. @param vm Its number in the trace. */
export function makeTracedVm(job: string, vm: number, name: string): Promise<TracedVmMade> {
  const path = `/v1/traces/${encodeURIComponent(job)}/vms`;
  return request('POST', path, { body: { vm, name: name || null } });
}

interface TracedPage {
  readonly commands: readonly TracedCommand[];
  readonly next: number | null;
}

/** Every command of a VM that is from a trace, in order. */
export async function listTraced(vm: string): Promise<readonly TracedCommand[]> {
  const commands: TracedCommand[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const path = `/v1/vms/${encodeURIComponent(vm)}/trace?after=${after}`;
    const page: TracedPage = await request<TracedPage>('GET', path);
    for (const one of page.commands) commands.push(one);
    after = page.next;
  }
  return commands;
}

export function startShrink(order: ShrinkOrder): Promise<WireJob> {
  return request('POST', '/v1/shrinks', { body: order });
}
