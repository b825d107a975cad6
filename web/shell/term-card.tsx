import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { closeDialog } from './dialogs.js';
import { type Entry, loadGlossary } from './glossary.js';
import { Modal } from './modal.js';

/** The entry of the glossary for a word. */
export function TermCard({ word }: { readonly word: string }) {
  const entry = useSignal<Entry | null>(null);
  useEffect(() => {
    void loadGlossary().then((entries) => {
      entry.value = entries.find(({ term }) => term === word) ?? null;
    });
  }, [word, entry]);
  return (
    <Modal label={word} kind="term">
      <div class="modal-head">
        <h2>{word}</h2>
        <button type="button" onClick={closeDialog}>
          Close
        </button>
      </div>
      <div class="term-body">
        <Marked text={entry.value?.meaning ?? ''} />
        <p class="find-note">
          <Marked text={entry.value?.source ?? ''} />
        </p>
      </div>
    </Modal>
  );
}

/** Text with code between backticks. */
function Marked({ text }: { readonly text: string }) {
  const parts = text.split('`');
  return (
    <span>
      {parts.map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part))}
    </span>
  );
}
