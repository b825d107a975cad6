import type { WireTlbContext } from '../api/wire.js';
import type { Look } from '../model/look.js';
import { rightsText } from '../model/words.js';

/** The entries of the TLB for an address, and what the architecture allows. */
export function Cached({ look: { cached, allowed } }: { readonly look: Look }) {
  return (
    <section class="panel walk" aria-label="TLB">
      <h3 class="part-title">
        TLB <span class="part-note">every tag</span>
      </h3>
      {cached.length === 0 && <p class="hint">No entry for this address.</p>}
      <ol class="walk-steps">
        {cached.map(({ context, entry, differs }) => (
          <li key={`${tagOf(context)} ${entry.address}`} class="cached" data-differs={differs}>
            <span class="walk-entry">
              {entry.gpa}
              <span class="walk-at"> {tagOf(context)}</span>
              {differs && <strong class="differs"> elsewhere than the guest's tables</strong>}
            </span>
            <span class="walk-rights">{rightsText(entry.rights)}</span>
          </li>
        ))}
      </ol>
      {allowed !== null && (
        <div class="allowed">
          <h4 class="part-note">Allowed to be used{allowed.complete ? '' : ', among others'}</h4>
          {allowed.translations.length === 0 && (
            <p class="hint">No translation: an access has to fault, or to exit.</p>
          )}
          <ul>
            {allowed.translations.map(({ gpa, rights, replaced }) => (
              <li key={`${gpa} ${replaced?.entry} ${replaced?.commandsAgo}`} class="walk-step">
                <span class="walk-entry">
                  {gpa ?? 'a fault'}
                  <span class="walk-at">
                    {replaced === null
                      ? ' in memory'
                      : ` replaced by ${replaced.command}, ${replaced.commandsAgo} commands ago`}
                  </span>
                </span>
                <span class="walk-rights">{rightsText(rights)}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function tagOf({ kind, vpid, pcid, global, root }: WireTlbContext): string {
  const parts = [
    kind,
    vpid === null ? '' : `VPID ${vpid}`,
    global ? 'global' : pcid === null ? '' : `PCID ${pcid}`,
    root === null ? '' : `EPT ${root}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
