import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { getVmRace } from '../api/client.js';
import type { WireRace } from '../api/wire.js';
import { vmHref } from '../shell/links.js';
import { PageHead } from './page-head.js';
import { RaceResult } from './race-result.js';

/** Milliseconds between two reads: often enough to see a race move while a harness runs. */
const LOOK_EVERY_MS = 1000;

interface Props {
  readonly vm: string;
}

/** The lanes beside a VM, live. */
export function LiveRace({ vm }: Props) {
  const race = useSignal<WireRace | null>(null);
  const failure = useSignal<string | null>(null);
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
        failure.value = (error as Error).message;
      }
      if (!isOver) timer = setTimeout(look, LOOK_EVERY_MS);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [vm, race, failure]);
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
          {failure}
        </p>
        <div class="race-result">{race.value !== null && <RaceResult race={race.value} />}</div>
      </main>
    </>
  );
}

function sequenceOf(race: WireRace | null): number {
  return race?.source.kind === 'vm' ? race.source.seq : -1;
}
