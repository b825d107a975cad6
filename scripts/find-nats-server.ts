import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The oldest server that the journal takes. */
const VERSION_MIN = [2, 10] as const;

/** A release of Debian that has such a server. */
const SUITE = 'trixie';

const APT = '/etc/apt';

/** Folder that the package is unpacked in: nothing is installed. */
const FOLDER = join(tmpdir(), 'mmulab-nats-server');
const UNPACKED = join(FOLDER, 'unpacked/usr/sbin/nats-server');

/** A server for tests, or a sentence on why there is none. */
export type FoundNatsServer =
  | { readonly path: string; readonly reason?: never }
  | { readonly path?: never; readonly reason: string };

/**
 * Finds a nats-server: the one that NATS_SERVER names, or one in the PATH that is new enough, or else
 * that of a newer Debian, which is downloaded and unpacked where tests may do so.
 *
 * @throws {Error} If there is none and this is CI, where nothing may be left out.
 */
export function findNatsServer(): FoundNatsServer {
  const { NATS_SERVER: given, CI } = process.env;
  if (given) return { path: given };
  if (isNewEnough('nats-server')) return { path: 'nats-server' };
  const reason = existsSync(UNPACKED) ? null : download();
  if (reason === null && isNewEnough(UNPACKED)) return { path: UNPACKED };
  const sentence = `no nats-server from ${VERSION_MIN.join('.')} on: ${reason ?? `that of ${SUITE} does not run here`}; set NATS_SERVER`;
  if (CI === 'true') throw new Error(`Cannot test the journal in NATS: ${sentence}`);
  return { reason: sentence };
}

function isNewEnough(program: string): boolean {
  try {
    const told = execFileSync(program, ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    const [, major = 0, minor = 0] = (/v(\d+)\.(\d+)/.exec(told) ?? []).map(Number);
    return major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1]);
  } catch {
    return false;
  }
}

/** @returns Null once it is there, or why it cannot be had. */
function download(): string | null {
  if (process.getuid?.() !== 0 || process.stdin.isTTY)
    return 'only root without a terminal may download one';
  const source = existsSync('/usr/bin/apt-get') ? sourceOf(SUITE) : null;
  if (source === null) return 'this is no Debian whose source of packages is known';
  mkdirSync(join(FOLDER, 'sources'), { recursive: true });
  writeFileSync(join(FOLDER, 'sources', `${SUITE}.sources`), source);
  const script = join(FOLDER, 'download.sh');
  writeFileSync(script, SCRIPT);
  try {
    // Test files want it at the same time: one downloads, and the others find it.
    const args = [`${FOLDER}.lock`, '/bin/sh', script];
    execFileSync('flock', args, {
      cwd: FOLDER,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    return null;
  } catch (error) {
    return `its download failed (${(error as { stderr?: string }).stderr?.trim().split('\n').at(-1)})`;
  }
}

const SCRIPT = `set -e
[ -x "${UNPACKED}" ] && exit 0
mkdir -p lists/partial cache/archives/partial
options="-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$PWD/sources \\
  -o Dir::State::Lists=$PWD/lists -o Dir::Cache=$PWD/cache -o APT::Sandbox::User=root"
apt-get $options update
apt-get $options download nats-server
dpkg-deb -x nats-server_*.deb unpacking
rm -rf lists cache nats-server_*.deb
mv unpacking unpacked
`;

/** The machine's own source of packages, for another suite; null if it is not to be read. */
function sourceOf(suite: string): string | null {
  const codename = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (codename === undefined) return null;
  const parts = join(APT, 'sources.list.d');
  const files = existsSync(parts)
    ? readdirSync(parts).filter((name) => name.endsWith('.sources'))
    : [];
  for (const file of files) {
    for (const stanza of readFileSync(join(parts, file), 'utf8').split(/\n\s*\n/)) {
      const suites = fieldOf(stanza, 'Suites')?.split(/\s+/) ?? [];
      if (suites.includes(codename))
        return stanzaOf(suite, fieldOf(stanza, 'URIs'), fieldOf(stanza, 'Signed-By'));
    }
  }
  const list = join(APT, 'sources.list');
  const lines = existsSync(list) ? readFileSync(list, 'utf8') : '';
  const [, key, uri] =
    new RegExp(
      `^deb\\s+(?:\\[[^\\]]*?(?:signed-by=([^\\s\\]]+))?[^\\]]*\\]\\s+)?(\\S+)\\s+${codename}\\s`,
      'm',
    ).exec(lines) ?? [];
  return stanzaOf(suite, uri, key);
}

function fieldOf(stanza: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(stanza)?.[1]?.trim();
}

function stanzaOf(suite: string, uris: string | undefined, key: string | undefined): string | null {
  if (uris === undefined) return null;
  const signed = key === undefined ? '' : `Signed-By: ${key}\n`;
  return `Types: deb\nURIs: ${uris}\nSuites: ${suite}\nComponents: main\n${signed}`;
}
