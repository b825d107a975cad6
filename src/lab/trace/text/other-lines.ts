/** Meaning of a line without an event. */
export type OtherLine =
  | { readonly kind: 'nothing' }
  /** The head of a trace that names the kernel. */
  | { readonly kind: 'release'; readonly release: string }
  | { readonly kind: 'lost'; readonly count: number | null }
  | { readonly kind: 'unread'; readonly what: string };

const NOTHING: OtherLine = { kind: 'nothing' };

const RELEASE = /latency trace v[\d.]+ on (\S+)|^#\s*os release\s*:\s*(\S+)/;
const WRITTEN = /entries-in-buffer\/entries-written: (\d+)\/(\d+)/;
/** tracefs, trace-cmd and perf, each in words of its own. */
const LOST =
  /\bCPU:?\s*\d+ \[(?:LOST (?:(\d+) )?EVENTS|(\d+) EVENTS DROPPED|EVENTS DROPPED)\]|\bLOST (\d+) events\b|^\[?EVENTS DROPPED/i;

/** Lines that belong to a trace and say nothing of the MMU. */
const QUIET = [
  /^$/,
  /^#/,
  // A stack, as tracefs, trace-cmd and perf write it.
  /^=>/,
  /(?:^|\d: +)<(?:user )?stack trace ?>$/,
  /^[\da-f]{6,16} .+\(.+\)$/,
  /^(?:\S+:\s+)?cpus=\d+$/,
  /^file is (?:little|big) endian and host is/,
  /^CPU \d+ is empty$/,
  /^version = \d+/,
  /^(?:trace|file)?\S*\.dat:?$/,
];

/** Lines of a raw or binary format: what tracefs prints with its options raw, hex and bin. */
const UNDECODED =
  /^\d+ \d+ \d+ (?:type: \d+|# [\da-f]{8,} )|^[\da-f]{8} [\da-f]{8} [\da-f]{16} type: \d+/;
/** Lines by which somebody says that lines were left out. */
const ELIDED = [
  // `....`, `[ ... ]`, `<snip>`, `(30 more lines)`
  /^[[<({\s]*(?:\.{3,}|…|snip|cut|\d+ (?:more )?(?:lines?|events?))[\]>)}\s]*$/i,
  // `[... 200 lines ...]`, `... many of these ...`
  /^[[<({\s]*(?:\.{3,}|…)[^.…]{1,40}(?:(?:\.{3,}|…)[\]>)}\s]*|[\]>)}])$/,
  // `--8<--`, `---8<--- cut here ---8<---`, `--- snip ---`
  /^[-=~ ]*(?:[8%]<|>[8%])[-=~\w <>%]{0,60}$/,
  /^[-=~]{2,} ?(?:snip|cut) ?[-=~]{2,}$/i,
];
/** The tracer function_graph: no line has a task and a time, not even of an event within. */
const GRAPH = /^\d+\)\s+(?:[\d.!+#*@$ ]*(?:us )?\s*\||[^|]*=>)/;

/** @param line Without blanks around it, nor the signs of a quote before it. */
export function kindOfOther(line: string): OtherLine {
  const lost = LOST.exec(line);
  if (lost !== null) {
    const count = lost[1] ?? lost[2] ?? lost[3];
    return { kind: 'lost', count: count === undefined ? null : Number(count) };
  }
  const release = RELEASE.exec(line);
  if (release !== null) return { kind: 'release', release: (release[1] ?? release[2]) as string };
  const written = WRITTEN.exec(line);
  if (written !== null && Number(written[2]) > Number(written[1])) {
    return { kind: 'lost', count: Number(written[2]) - Number(written[1]) };
  }
  if (QUIET.some((pattern) => pattern.test(line))) return NOTHING;
  if (UNDECODED.test(line)) {
    return { kind: 'unread', what: 'event without its name: option raw, hex or bin of tracefs' };
  }
  if (GRAPH.test(line)) return { kind: 'unread', what: 'line of function_graph, without a time' };
  if (ELIDED.some((pattern) => pattern.test(line))) {
    return { kind: 'unread', what: 'place where lines were left out' };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they show that it is no text.
  if (/[\u0000-\u0008\u000e-\u001f]/.test(line)) {
    return { kind: 'unread', what: 'line that is no text' };
  }
  return { kind: 'unread', what: 'text that is no event' };
}
