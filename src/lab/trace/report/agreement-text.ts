import { wrapped } from '../../plain-text.js';
import { VERDICT_WIDTH } from '../../race/verdict-tables.js';
import type { Agreement, Tally } from '../score/agreement.js';
import type { VmScore } from '../score/score.js';

const DISAGREEMENTS_SHOWN = 8;
const NS_OF_MS = 1e6;

/** The kernel of a trace against mainline, in words. */
export function agreementLines({ agreement, config }: VmScore): string[] {
  const { failure, firstRefusal, refused, torn } = agreement;
  const lines = wrapped(
    `Kernel against mainline by the rules of ${config.kernel}: ${talliesOf(agreement)}.`,
    VERDICT_WIDTH,
  );
  if (torn > 1) lines.push(`${torn} windows have lost events and are not compared.`);
  for (const one of agreement.disagreements.slice(0, DISAGREEMENTS_SHOWN)) {
    const { at, vcpu, what, trace, model, commands, isUncertain } = one;
    const doubt = isUncertain ? '; a command before it is guessed' : '';
    lines.push(
      ...wrapped(
        `- ${(at / NS_OF_MS).toFixed(3)} ms, vCPU ${vcpu}, ${commands.join(' ') || 'entry'}: ` +
          `${what}: the kernel ${trace}, mainline ${model}${doubt}`,
        VERDICT_WIDTH,
      ),
    );
  }
  const more = agreement.disagreementCount - DISAGREEMENTS_SHOWN;
  if (more > 0) lines.push(`- and ${more} more`);
  if (refused > 0)
    lines.push(
      ...wrapped(`${refused} commands were refused, the first: ${firstRefusal}`, VERDICT_WIDTH),
    );
  if (failure !== null)
    lines.push(...wrapped(`The model failed, and compared no further: ${failure}`, VERDICT_WIDTH));
  return lines;
}

/** Windows are compared where the kernel or mainline does something in them. */
function talliesOf({ loads, synced, unsynced }: Agreement): string {
  const parts: readonly (readonly [Tally, string])[] = [
    [loads, 'root loads'],
    [synced, 'synced pages'],
    [unsynced, 'unsynced pages'],
  ];
  const some = parts.filter(([{ windows }]) => windows > 0);
  if (some.length === 0) return 'no window has anything to compare';
  const told = some.map(([{ agree, windows }, what], nth) =>
    nth === 0
      ? `${agree} of ${windows} windows with ${what} agree`
      : `${agree} of ${windows} with ${what}`,
  );
  const none = parts.filter(([{ windows }]) => windows === 0).map(([, what]) => what);
  const silent = none.length === 0 ? '' : `; none has ${none.join(' or ')}`;
  return `${told.join(', ')}${silent}`;
}
