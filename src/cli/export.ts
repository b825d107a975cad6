import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command as Program } from 'commander';
import { createJsonWriter } from '../mmu/schema/index.js';
import { CaseFile } from '../server/index.js';
import { PACKAGE_ROOT } from '../server/wire/package-root.js';
import { caseFileIn } from './command-file.js';
import { EXIT } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** The page, as the build leaves it. */
const WEB = fileURLToPath(new URL('dist/web/', PACKAGE_ROOT));

/** File of the case that the page opens with. */
const CASE = 'case.json';

/** The reference of the API needs a server. */
const OF_SERVER = /(?:^|\/)docs[.-]/;

/** `mmulab export FOLDER [CASE]`: the page of cases as a folder that needs no server. */
export function registerExport(program: Program, terminal: Terminal): void {
  program
    .command('export')
    .description('write a folder of files that replays cases in a browser, with no server')
    .argument('<folder>', 'folder to write: new, or empty')
    .argument('[case]', 'case file that the page opens with; - is standard input')
    .action(async (folder: string, file: string | undefined) => {
      const opened = file === undefined ? null : await caseFileIn(file, terminal);
      await exportPage(folder, opened);
      terminal.stdout.write(`${join(folder, 'index.html')}\n`);
      terminal.exitCode = EXIT.done;
    });
}

/**
 * Writes the page into a folder: paths are relative, so that it works from any place that serves
 * files, and it asks no server for anything else.
 *
 * @param opened The case that it opens with; null for none.
 * @throws {WrongUse} If the folder is not empty or cannot be written, or the page is not built.
 */
export async function exportPage(folder: string, opened: CaseFile | null): Promise<void> {
  const page = await readFile(join(WEB, 'index.html'), 'utf8').catch(() => {
    throw new WrongUse(`Cannot export to "${folder}": the page is not built; run npm run build`);
  });
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0) {
      throw new WrongUse(`Cannot export to "${folder}": it is not empty; name a new folder`);
    }
    await cp(WEB, folder, { recursive: true, filter: (path) => !OF_SERVER.test(path) });
    await writeFile(join(folder, 'index.html'), withoutServer(page, opened === null ? '' : CASE));
    if (opened === null) return;
    await writeFile(join(folder, CASE), `${createJsonWriter(CaseFile)(opened)}\n`);
  } catch (error) {
    if (error instanceof WrongUse) throw error;
    throw new WrongUse(`Cannot export to "${folder}": ${(error as Error).message}`);
  }
}

/** The page with relative paths, and the mark that there is no server, but a case to open with. */
function withoutServer(page: string, file: string): string {
  const mark = `<meta name="mmulab-static" content="${file}" />`;
  return page.replaceAll('"/', '"./').replace('<head>', `<head>\n    ${mark}`);
}
