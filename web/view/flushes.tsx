import type { FlushScope } from '../api/wire.js';
import { type Activity, FLUSHES_SHOWN_MAX } from '../model/activity.js';

/** Scopes from the broadest to the narrowest; a tick is as tall as its flush is broad. */
const SCOPES = [
  'all',
  'current',
  'guest',
  'context',
  'pcid',
  'address',
] as const satisfies readonly FlushScope[];

interface Props {
  readonly activity: Activity;
  /** Whether every event of the VM's life was counted. */
  readonly complete: boolean;
}

/** The newest flushes as a strip, and the number of flushes of each scope. */
export function Flushes({ activity, complete }: Props) {
  const total = SCOPES.reduce((sum, scope) => sum + (activity.flushCount[scope] ?? 0), 0);
  return (
    <section class="row flushes">
      <h3 class="row-title">
        Flushes
        <span class="row-note">{complete ? `${total} in all` : `${total} seen`}</span>
      </h3>
      <div class="row-body">
        <ol class="strip" aria-hidden="true">
          {activity.flushes.slice(-FLUSHES_SHOWN_MAX).map(({ seq, scope, by }) => (
            <li key={seq} class={`tick scope-${scope}`} title={`seq ${seq}: ${scope} by ${by}`} />
          ))}
        </ol>
        <dl class="scopes">
          {SCOPES.map((scope) => (
            <div key={scope} class={`scope scope-${scope}`} data-scope={scope}>
              <dt>{scope}</dt>
              <dd>{activity.flushCount[scope] ?? 0}</dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}
