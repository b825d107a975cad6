import { useSignal } from '@preact/signals';

/** The verdict as plain text, to be copied into a mail. */
export function Verdict({ text }: { readonly text: string }) {
  const notice = useSignal('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notice.value = 'Copied';
    } catch {
      notice.value = 'Cannot copy: the browser does not allow it; select the text';
    }
  };
  return (
    <section class="panel race-panel">
      <h2 class="panel-title">Verdict</h2>
      <p class="race-copy verdict-copy">
        <button type="button" onClick={() => void copy()}>
          Copy verdict
        </button>
        <span role="status">{notice}</span>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it */}
      <pre class="race-verdict" tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}
