/** A part of a lesson, in the order of the text. */
export type LessonPart =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'commands'; readonly commands: readonly LessonCommand[] };

/** A command of a page, and what it printed where the page was written: `...` stands for anything. */
export interface LessonCommand {
  readonly script: string;
  readonly output: readonly string[];
}

/**
 * The parts of a page of docs/. A block of commands is fenced as `console`; `$ ` begins a command,
 * which goes on for as many lines as a shell asks for.
 *
 * @see CONTRIBUTING.md, "Documents"
 */
export function partsOf(markdown: string): LessonPart[] {
  const blocks = markdown.split(/^```(console)?\n/m);
  const parts: LessonPart[] = [];
  // Splitting leaves the text, the word of the fence, what is fenced, and the end of the fence.
  for (let i = 0; i < blocks.length; i += 4) {
    parts.push(...proseOf(blocks[i] ?? ''));
    const fenced = blocks[i + 2];
    if (fenced !== undefined) parts.push({ kind: 'commands', commands: commandsOf(fenced) });
  }
  return parts;
}

function proseOf(text: string): LessonPart[] {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph): LessonPart => {
      const heading = /^(#{1,3}) (.*)$/.exec(paragraph);
      if (heading === null) return { kind: 'prose', text: paragraph.replaceAll('\n', ' ') };
      const [, marks = '', title = ''] = heading;
      return { kind: 'heading', level: marks.length, text: title };
    });
}

function commandsOf(block: string): LessonCommand[] {
  const commands: { script: string; output: string[] }[] = [];
  let isOpen = false;
  for (const line of block.replace(/\n$/, '').split('\n')) {
    const last = commands.at(-1);
    if (isOpen && last !== undefined) last.script += `\n${line}`;
    else if (line.startsWith('$ ')) commands.push({ script: line.slice(2), output: [] });
    else last?.output.push(line);
    isOpen = needsMore(commands.at(-1)?.script ?? '') && (isOpen || line.startsWith('$ '));
  }
  return commands;
}

/** Whether a shell would ask for another line. */
export function needsMore(script: string): boolean {
  const here = /<<'(\w+)'/.exec(script);
  if (here !== null) return !new RegExp(`\\n${here[1]}$`).test(script);
  const bare = script.replace(/'[^']*'/g, '');
  if (bare.includes("'")) return true;
  const count = (pattern: RegExp) => [...bare.matchAll(pattern)].length;
  if (count(/"/g) % 2 === 1) return true;
  if (count(/\bdo\b/g) > count(/\bdone\b/g)) return true;
  return /[|\\]\s*$/.test(bare);
}

/** Whether lines are those of a page: `...` stands for the rest of a part, or alone for any lines. */
export function isAsWritten(printed: string, output: readonly string[]): boolean {
  const pattern = output
    .map((line) => (line === '...' ? '[sS]*' : line.split('...').map(literal).join('.*')))
    .join('\n');
  return new RegExp(`^${pattern}$`).test(printed);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
