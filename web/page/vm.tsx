import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { getVm, type RequestFailed } from '../api/client.js';
import type { WireVm } from '../api/wire.js';
import { WhatIf } from '../case/what-if.js';
import { createDesk, type Desk } from '../lanes/desk.js';
import { Lanes } from '../lanes/lanes.js';
import { pictureIn, pictureText } from '../lanes/picture.js';
import { serverSource } from '../model/server-source.js';
import { type Action, useActions } from '../shell/actions.js';
import { Card } from '../shell/card.js';
import { traceHref, vmHref, vmRaceHref } from '../shell/links.js';
import type { Params } from '../shell/path.js';
import { address } from '../shell/router.js';
import { useToldAddress } from '../shell/told-address.js';
import { ShrinkButton } from '../shrink/shrink-button.js';
import { useTraced } from '../trace/use-traced.js';

/** vCPUs that are open unless somebody says otherwise: of a phone one, which then fills it. */
const NARROW = matchMedia('(width < 45rem)');
const openMaxHere = () => (NARROW.matches ? 1 : 4);

/** The page of a VM: its lanes over time. */
export function View({ params: { vm: id = '' } }: { readonly params: Params }) {
  const vm = useSignal<WireVm | null>(null);
  const refusal = useSignal<RequestFailed | null>(null);
  const desk = useMemo(
    () => createDesk(serverSource(id), openMaxHere(), pictureIn(address.peek().hash)),
    [id],
  );
  useAddress(desk, id);
  const drawer = useSignal<Console>({ kind: 'closed' });
  useActions(useMemo(() => [consoleAction(drawer)], [drawer]));
  useEffect(() => desk.end, [desk]);
  useEffect(() => {
    const refold = () => {
      desk.openMax.value = openMaxHere();
    };
    NARROW.addEventListener('change', refold);
    return () => NARROW.removeEventListener('change', refold);
  }, [desk]);
  const traced = useTraced(id);
  useEffect(() => {
    desk.traced.value = traced;
  }, [desk, traced]);
  useEffect(() => {
    getVm(id).then(
      (found) => {
        vm.value = found;
        desk.isDirect.value = found.paging === 'ept';
      },
      (error: RequestFailed) => {
        // A server that does not answer may yet: the lamp tells.
        if (error.status !== 0) refusal.value = error;
      },
    );
  }, [id, vm, refusal, desk]);
  if (refusal.value !== null) return <NoVm id={id} reason={refusal.value.message} />;
  return (
    <main class="vm-page">
      <VmHead id={id} vm={vm.value} console={drawer} seq={desk.selected.value} />
      <Lanes desk={desk} vm={id} />
      {drawer.value.kind === 'open' && vm.value !== null && (
        <drawer.value.Drawer vm={vm.value} onClose={() => closeConsole(drawer)} />
      )}
    </main>
  );
}

/** Keeps the picture in the address, so that a link shows it: nothing while it follows the newest. */
function useAddress(desk: Desk, id: string): void {
  const tell = useToldAddress(() => {
    const window = desk.isFollowing.peek() ? null : desk.view.peek();
    return `${vmHref(id)}${pictureText({ window, at: desk.selected.peek() })}`;
  });
  useSignalEffect(() => {
    // While it follows, the window is another one in each picture.
    if (!desk.isFollowing.value) void desk.view.value;
    const isAsAtFirst = desk.isFollowing.value && desk.selected.value === null;
    if (!isAsAtFirst || location.hash !== '') tell();
  });
}

/** The console below the lanes. Its code is loaded when it is first opened. */
type Console =
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'open'; readonly Drawer: typeof import('../console/drawer.js').Drawer };

const CONSOLE_BUTTON = 'console-button';

function consoleAction(drawer: Signal<Console>): Action {
  const run = () => void openConsole(drawer);
  return { group: 'Console', key: 'c', text: 'Console: run a command', isCommand: true, run };
}

async function openConsole(drawer: Signal<Console>): Promise<void> {
  try {
    const { Drawer, focusConsole } = await import('../console/drawer.js');
    if (drawer.value.kind === 'open') focusConsole();
    else drawer.value = { kind: 'open', Drawer };
  } catch (error) {
    drawer.value = { kind: 'failed', reason: (error as Error).message };
  }
}

function closeConsole(drawer: Signal<Console>): void {
  drawer.value = { kind: 'closed' };
  document.getElementById(CONSOLE_BUTTON)?.focus();
}

function NoVm({ id, reason }: { readonly id: string; readonly reason: string }) {
  return (
    <Card title={`No VM ${id} here`}>
      <p>{reason}</p>
      <p>
        A VM is there until it is deleted; of a server that keeps nothing, until the server ends.
      </p>
      <a class="button" href="/">
        All VMs
      </a>
    </Card>
  );
}

interface HeadProps {
  readonly id: string;
  readonly vm: WireVm | null;
  readonly console: Signal<Console>;
  /** The selected event. */
  readonly seq: number | null;
}

function VmHead({ id, vm, console: drawer, seq }: HeadProps) {
  return (
    <header class="vm-head">
      <h1>{vm?.name ?? id}</h1>
      {vm !== null && (
        <>
          <p class="vm-facts">
            {vm.name !== null && <span class="vm-id">{vm.id}</span>}
            <span>{vm.policy}</span>
            <span>{vm.paging === 'ept' ? 'EPT' : 'shadow paging'}</span>
            <span>
              kernel {vm.kernel}, {vm.vendor === 'svm' ? 'AMD' : 'Intel'}
            </span>
            <span>
              {vm.vcpus} vCPU{vm.vcpus === 1 ? '' : 's'}
            </span>
          </p>
          {vm.poisoned && <p class="failure">The model failed on this VM: {vm.failure}</p>}
          {vm.trace !== undefined && (
            <p class="hint">
              VM {vm.trace.vm} of trace <a href={traceHref(vm.trace.job)}>{vm.trace.name}</a>
            </p>
          )}
          <div class="vm-acts">
            {vm.lanes !== undefined && (
              <a class="button vm-race-link" href={vmRaceHref(id)}>
                Race
              </a>
            )}
            <WhatIf vm={id} seq={seq} />
            {(vm.found?.violations ?? 0) > 0 || vm.poisoned ? <ShrinkButton vm={id} /> : null}
            <button
              type="button"
              id={CONSOLE_BUTTON}
              aria-expanded={drawer.value.kind === 'open'}
              onClick={() => void openConsole(drawer)}
            >
              Console
            </button>
          </div>
          {drawer.value.kind === 'failed' && (
            <p class="failure">Cannot load the console: {drawer.value.reason}</p>
          )}
        </>
      )}
    </header>
  );
}
