import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { forkAt, serverMoments } from '../api/moments.js';
import { caseOfVm } from '../case/case-of-vm.js';
import { openCase } from '../case/held.js';
import { WhatIf } from '../case/what-if.js';
import { MomentView } from '../moment/moment-view.js';
import { copied } from '../shell/copy.js';
import { momentHref, vmHref } from '../shell/links.js';
import type { Params } from '../shell/path.js';
import { navigate } from '../shell/router.js';
import { useToldAddress } from '../shell/told-address.js';
import { useTraced } from '../trace/use-traced.js';

/** The page of a moment of a VM. */
export function View({ params: { vm = '', seq = '0' } }: { readonly params: Params }) {
  const moments = useMemo(() => serverMoments(vm), [vm]);
  const traced = useTraced(vm);
  const at = useSignal(numberOf(seq));
  useEffect(() => {
    at.value = numberOf(seq);
  }, [seq, at]);
  const tell = useToldAddress(() => momentHref(vm, at.peek()));
  const seek = useMemo(
    () => (to: number) => {
      at.value = to;
      tell();
    },
    [at, tell],
  );
  return (
    <main class="case">
      <header class="vm-head">
        <h1>
          <a href={vmHref(vm)}>{vm}</a> @{at.value}
        </h1>
        <Acts vm={vm} seq={at.value} />
      </header>
      <MomentView moments={moments} seq={at.value} onSeek={seek} traced={traced} />
    </main>
  );
}

/** A `seq` in an address; what is no number is the beginning. */
function numberOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** Acts on a moment: as text for a shell, as a VM of its own, and as a case in the page. */
function Acts({ vm, seq }: { readonly vm: string; readonly seq: number }) {
  const said = useSignal('');
  const say = (task: Promise<string>) =>
    task.then(
      (text) => {
        said.value = text;
      },
      (error: Error) => {
        said.value = error.message;
      },
    );
  const path = `/v1/vms/${encodeURIComponent(vm)}/vcpus?at=${seq}`;
  const replay = async () => {
    await openCase(await caseOfVm(vm, seq), { seq });
    return '';
  };
  const fork = async () => {
    navigate(vmHref(await forkAt(vm, seq)));
    return '';
  };
  return (
    <div class="moment-acts">
      <span role="status" class="hint">
        {said.value}
      </span>
      <button
        type="button"
        onClick={() => void say(copied(location.href, "copy the page's address"))}
      >
        Copy link
      </button>
      <button
        type="button"
        title="A command for a shell that reads the vCPUs at this moment"
        onClick={() => void say(copied(`curl -s '${location.origin}${path}'`))}
      >
        Copy curl
      </button>
      <button
        type="button"
        title="A new VM that goes on from here"
        onClick={() => void say(fork())}
      >
        Fork here
      </button>
      <button
        type="button"
        title="Run the commands of this VM in the page: the link holds them, and lives longer than the VM"
        onClick={() => void say(replay())}
      >
        Replay in the page
      </button>
      <WhatIf vm={vm} seq={seq} />
    </div>
  );
}
