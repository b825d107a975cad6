import { useSignal } from '@preact/signals';
import { isAsWritten, type LessonCommand } from './lesson.js';
import type { Shell } from './shell.js';

interface Props {
  readonly command: LessonCommand;
  readonly shell: Shell;
  readonly onRun: () => void;
}

/** State of a command: whether it has run, and its result. */
type Ran =
  | { readonly kind: 'not' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'printed'; readonly text: string; readonly isAsWritten: boolean }
  | { readonly kind: 'refused'; readonly reason: string };

/** A command of a lesson as one types it, with a button that runs it here. */
export function CommandBlock({ command, shell, onRun }: Props) {
  const ran = useSignal<Ran>({ kind: 'not' });
  const { script, output } = command;
  const run = async () => {
    ran.value = { kind: 'busy' };
    try {
      const text = await shell.run(script);
      ran.value = { kind: 'printed', text, isAsWritten: isAsWritten(text, output) };
    } catch (error) {
      ran.value = { kind: 'refused', reason: (error as Error).message };
    }
    onRun();
  };
  return (
    <div class="panel lesson-command" data-ran={ran.value.kind}>
      <div class="lesson-script">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it */}
        <pre tabIndex={0}>{script}</pre>
        <button type="button" disabled={ran.value.kind === 'busy'} onClick={() => void run()}>
          Run
        </button>
      </div>
      <div role="status">
        <Outcome ran={ran.value} />
      </div>
    </div>
  );
}

function Outcome({ ran }: { readonly ran: Ran }) {
  switch (ran.kind) {
    case 'not':
    case 'busy':
      return null;
    case 'refused':
      return <p class="failure">{ran.reason}</p>;
    case 'printed':
      return (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it */}
          {ran.text !== '' && <pre tabIndex={0}>{ran.text}</pre>}
          <p class="hint">
            {ran.isAsWritten ? 'Done, as the text says.' : 'Otherwise than in the text.'}
          </p>
        </>
      );
  }
}
