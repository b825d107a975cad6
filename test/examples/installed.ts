import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What an example brings along itself. */
const OF_THE_EXAMPLE = ['@types/node', 'vitest'];

const OPTIONS = { encoding: 'utf8', timeout: 250_000, stdio: 'pipe' } as const;

/**
 * A folder with a copy of an example in which the package is installed: what `npm pack` makes of it,
 * beside what it says that it depends on, and nothing else.
 */
export function install(example: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-example-'));
  cpSync(join(ROOT, 'examples', example), folder, { recursive: true });
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], ROOT),
  ) as [{ filename: string }];
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'mmulab'), { recursive: true });
  const into = ['-C', join(modules, 'mmulab'), '--strip-components=1'];
  run('tar', ['-xzf', join(folder, filename), ...into], folder);
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), ...OF_THE_EXAMPLE]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  return folder;
}

export function remove(folder: string): void {
  rmSync(folder, { recursive: true });
}

/** @returns What it says. @throws {Error} If it fails, with what it says. */
export function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { ...OPTIONS, cwd });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}${stderr}`);
  }
}

/** The same for what asks a server in this process, which has to go on meanwhile. */
export async function start(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const options = { ...OPTIONS, cwd, env: { ...process.env, ...env } };
  return await new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(`${stdout}${stderr}`);
      else reject(new Error(`${stdout}${stderr}`));
    });
  });
}
