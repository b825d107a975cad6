import { CopyButton } from '../shell/copy.js';

/** The verdict as plain text, to be copied into a mail. */
export function Verdict({ text }: { readonly text: string }) {
  return (
    <section class="panel race-panel">
      <h2 class="panel-title">Verdict</h2>
      <p class="race-copy verdict-copy">
        <CopyButton text={text} words="Copy verdict" otherwise="select the text" />
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it */}
      <pre class="race-verdict" tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}
