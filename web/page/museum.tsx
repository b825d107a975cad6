import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { ExhibitLabel } from '../engine/protocol.js';
import { startEngine } from '../model/engine.js';
import { ExhibitStory } from '../museum/exhibit-story.js';
import { Halls } from '../museum/halls.js';
import type { Params } from '../shell/path.js';
import { PageHead } from '../view/page-head.js';

/** The museum: its halls, or the exhibit that the path names. Nothing is asked of the server. */
export function View({ params: { exhibit } }: { readonly params: Params }) {
  const engine = useMemo(startEngine, []);
  useEffect(() => () => engine.end(), [engine]);
  const labels = useSignal<readonly ExhibitLabel[]>([]);
  useEffect(() => {
    void engine.call('exhibits', {}).then((found) => {
      labels.value = found;
    });
  }, [engine, labels]);
  if (exhibit !== undefined) {
    return <ExhibitStory key={exhibit} engine={engine} name={exhibit} labels={labels.value} />;
  }
  return (
    <>
      <PageHead>
        <h1 class="tagline">The museum: how KVM’s MMU went wrong, or could</h1>
      </PageHead>
      <Halls labels={labels.value} />
    </>
  );
}
