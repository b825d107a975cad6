import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { listPolicies, type RequestFailed } from '../api/client.js';
import { listJobs } from '../api/jobs.js';
import { type Upload, uploadTrace } from '../api/traces.js';
import type { JobSummary } from '../api/wire.js';
import { traceHref } from '../shell/links.js';
import { navigate } from '../shell/router.js';
import { DropZone } from '../trace/drop-zone.js';
import { PolicyChoice } from '../trace/policy-choice.js';
import { PageHead } from '../view/page-head.js';

/** A file that is being sent. */
interface Sending {
  readonly file: File;
  readonly upload: Upload;
}

/** Traces of real hosts: one is dropped here, and those that were scored are listed. */
export function View() {
  const failure = useSignal('');
  const sending = useSignal<Sending | null>(null);
  const sent = useSignal(0);
  const policies = useSignal<readonly string[]>([]);
  const picked = useSignal<ReadonlySet<string> | null>(null);
  useEffect(() => {
    listPolicies().then(
      (found) => {
        policies.value = found.map(({ name }) => name);
      },
      (error: RequestFailed) => {
        failure.value = error.message;
      },
    );
  }, [policies, failure]);
  const send = async (file: File) => {
    failure.value = '';
    sent.value = 0;
    const query = new URLSearchParams({ name: file.name.slice(0, 255) || 'trace' });
    if (picked.value !== null) query.set('policy', [...picked.value].join());
    const upload = uploadTrace(file, query, (bytes) => {
      sent.value = bytes;
    });
    sending.value = { file, upload };
    try {
      navigate(traceHref((await upload.job).id));
    } catch (error) {
      failure.value = (error as Error).message;
    }
    sending.value = null;
  };
  return (
    <>
      <PageHead>
        <h1 class="tagline">A trace of a real host in, a verdict out</h1>
      </PageHead>
      <main class="traces">
        <p class="failure" role="alert">
          {failure}
        </p>
        {sending.value === null ? (
          <DropZone onFile={(file) => void send(file)} />
        ) : (
          <Sent sending={sending.value} sent={sent.value} />
        )}
        <PolicyChoice names={policies.value} picked={picked} />
        <Recording />
        <Scored />
      </main>
    </>
  );
}

function Sent({ sending, sent }: { readonly sending: Sending; readonly sent: number }) {
  const { file, upload } = sending;
  return (
    <section class="panel trace-sending" aria-label="Upload">
      <label>
        {file.name}: {sent.toLocaleString('en')} of {file.size.toLocaleString('en')} bytes sent
        <progress max={file.size} value={sent} />
      </label>
      <button type="button" onClick={() => upload.cancel()}>
        Cancel
      </button>
    </section>
  );
}

function Recording() {
  return (
    <details class="panel trace-part">
      <summary>How to record one</summary>
      <p>
        <code>mmulab record</code> prints the commands for ftrace, trace-cmd, perf and bpftrace. The
        events of <code>kvm</code> and <code>kvmmmu</code> are what is read; a guest on EPT or NPT
        shows no switch of CR3.
      </p>
      <pre class="code">trace-cmd record -e kvm -e kvmmmu sleep 10</pre>
    </details>
  );
}

/** Traces that the server keeps, the newest first. */
function Scored() {
  const jobs = useSignal<readonly JobSummary[]>([]);
  useEffect(() => {
    // Without the list there is still the drop zone, which tells of a server that is gone.
    void listJobs().then(
      (found) => {
        jobs.value = found.filter(({ kind }) => kind === 'trace');
      },
      () => undefined,
    );
  }, [jobs]);
  if (jobs.value.length === 0) return null;
  return (
    <section class="panel trace-part" aria-label="Traces that the server keeps">
      <h2 class="part-title">Scored here</h2>
      <ul class="trace-list">
        {jobs.value.map(({ id, state, createdAt }) => (
          <li key={id}>
            <a href={traceHref(id)}>{id}</a> <span>{state}</span>{' '}
            <span class="hint">{new Date(createdAt).toLocaleTimeString('en-GB')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
