import { actions } from './actions.js';
import { closeDialog } from './dialogs.js';
import { Modal } from './modal.js';

/** The keys of the page that is open, by group. */
export function KeysHelp() {
  const keyed = actions.value.filter(({ key }) => key !== undefined);
  const groups = [...new Set(keyed.map(({ group }) => group))];
  return (
    <Modal label="Keys" kind="help">
      <div class="modal-head">
        <h2>Keys</h2>
        <button type="button" onClick={closeDialog}>
          Close
        </button>
      </div>
      <div class="key-groups">
        {groups.map((group) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <dl class="key-list">
              {keyed
                .filter((action) => action.group === group)
                .map(({ key, text }) => (
                  <div key={key}>
                    <dt>
                      {key?.split(' ').map((one) => (
                        <kbd key={one}>{nameOf(one)}</kbd>
                      ))}
                    </dt>
                    <dd>{text}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}

const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: '\u2190',
  ArrowRight: '\u2192',
  ArrowUp: '\u2191',
  ArrowDown: '\u2193',
};

/** A key as it stands on a keyboard. */
export function nameOf(key: string): string {
  return NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
