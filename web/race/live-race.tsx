import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { RequestFailed } from '../api/client.js';
import { getVmRace } from '../api/jobs.js';
import type { WireRace } from '../api/wire.js';
import { Card } from '../shell/card.js';
import { vmHref } from '../shell/links.js';
import { PageHead } from '../view/page-head.js';
import { RaceResult } from './race-result.js';

/** Milliseconds between two reads: often enough to see a race move while a harness runs. */
const LOOK_EVERY_MS = 1000;

interface Props {
  readonly vm: string;
}

/** The lanes beside a VM, live. */
export function LiveRace({ vm }: Props) {
  const race = useSignal<WireRace | null>(null);
  const failure = useSignal<RequestFailed | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async () => {
      try {
        const found = await getVmRace(vm);
        // Drawn anew only if it changed, so that readers keep their place.
        if (sequenceOf(found) !== sequenceOf(race.value)) race.value = found;
        failure.value = null;
      } catch (error) {
        if (!(error instanceof RequestFailed)) throw error;
        failure.value = error;
      }
      if (!isOver) timer = setTimeout(look, LOOK_EVERY_MS);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [vm, race, failure]);
  const failed = failure.value;
  if (failed?.status === 404) return <NoRace vm={vm} reason={failed.message} />;
  return (
    <>
      <PageHead>
        <h1 class="tagline">The lanes beside {vm}, live</h1>
        <a class="masthead-link" href={vmHref(vm)}>
          {vm}
        </a>
      </PageHead>
      <main class="race race-live">
        <p class="failure" role="alert">
          {failed?.message}
        </p>
        <div class="race-result">
          {race.value !== null && <RaceResult race={race.value} order={null} />}
        </div>
      </main>
    </>
  );
}

function NoRace({ vm, reason }: { readonly vm: string; readonly reason: string }) {
  return (
    <Card title="No race here">
      <p>{reason}.</p>
      <p>
        A VM that is created with lanes runs policies beside it; any VM's commands can be raced.
      </p>
      <p>
        <a href={`/race#vm=${encodeURIComponent(vm)}`}>Race the commands of {vm}</a>
      </p>
    </Card>
  );
}

function sequenceOf(race: WireRace | null): number {
  return race?.source.kind === 'vm' ? race.source.seq : -1;
}
