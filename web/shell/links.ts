/** Address of a VM's lanes. */
export function vmHref(vm: string): string {
  return `/vm/${encodeURIComponent(vm)}`;
}

/** Address of a moment: the state of a VM behind the event `seq`. */
export function momentHref(vm: string, seq: number): string {
  return `${vmHref(vm)}@${seq}`;
}

/** Address of the race of the lanes beside a VM. */
export function vmRaceHref(vm: string): string {
  return `${vmHref(vm)}/race`;
}

/** Address of the race of a job. */
export function raceHref(job: string): string {
  return `/race/${encodeURIComponent(job)}`;
}

/** Address of an exhibit of the museum. */
export function exhibitHref(exhibit: string): string {
  return `/museum/${encodeURIComponent(exhibit)}`;
}

/** Address of the verdict on a trace. */
export function traceHref(job: string): string {
  return `/traces/${encodeURIComponent(job)}`;
}

/** Address of a list that is made small by a job. */
export function shrinkHref(job: string): string {
  return `/shrink/${encodeURIComponent(job)}`;
}

/** Address of a search through every state, made by a job. */
export function exploreHref(job: string): string {
  return `/explore/${encodeURIComponent(job)}`;
}

/** Address of the sweep of a job. */
export function sweepHref(job: string): string {
  return `/sweep/${encodeURIComponent(job)}`;
}

/**
 * The address that has taken the place of an old one, which had everything in its query.
 *
 * @returns null if the query is not one of an old address.
 */
export function hrefOfOld(query: URLSearchParams): string | null {
  const vm = query.get('vm');
  const job = query.get('job');
  if (query.has('race')) return vm ? vmRaceHref(vm) : '/race';
  if (job) return raceHref(job);
  return vm ? vmHref(vm) : null;
}
