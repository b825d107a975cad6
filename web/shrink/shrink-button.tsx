import { useSignal } from '@preact/signals';
import { startShrink } from '../api/traces.js';
import { shrinkHref } from '../shell/links.js';
import { navigate } from '../shell/router.js';

/** Cuts what a VM did to the fewest commands that show its mistake. */
export function ShrinkButton({ vm }: { readonly vm: string }) {
  const failure = useSignal('');
  const shrink = async () => {
    try {
      navigate(shrinkHref((await startShrink({ source: { kind: 'vm', vm } })).id));
    } catch (error) {
      failure.value = (error as Error).message;
    }
  };
  return (
    <>
      <button
        type="button"
        title="The fewest commands that show the mistake, as a case and as tests"
        onClick={() => void shrink()}
      >
        Shrink
      </button>
      <span class="failure" role="alert">
        {failure}
      </span>
    </>
  );
}
