import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandsOf, type Exhibit, MUSEUM } from '../../src/lab/index.js';
import { SOURCES } from '../../src/lab/why/index.js';
import { step } from '../../src/mmu/index.js';
import {
  Command,
  type CommandInput,
  VmConfig,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';
import { type CaseFile, caseFrom, Turns, whyOfCase } from '../../src/server/index.js';

/** Two address spaces; PCID 1 edits a table of PCID 2, and invalidates PCID 2. */
const EDIT: readonly CommandInput[] = [
  { kind: 'map', vcpu: 0, root: '0x1000', address: '0x600000', gpa: '0x14000', tables: '0x2000' },
  {
    kind: 'map',
    vcpu: 0,
    root: '0x11000',
    address: '0x400000',
    gpa: '0x100000',
    tables: '0x12000',
  },
  { kind: 'mov-cr3', vcpu: 0, value: '0x11002' },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000001001' },
  { kind: 'write', vcpu: 0, gva: '0x600000', value: '0x101067' },
  { kind: 'invpcid', vcpu: 0, type: 1, pcid: 2, gva: '0x0' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000011002' },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
];

const file = (config: VmConfigInput, commands = EDIT) =>
  caseFrom(
    { step, turns: new Turns() },
    VmConfig.parse({ registers: { cr3: '0x1000', cr4: '0x200a0' }, ...config }),
    commands.map((command) => Command.parse(command)),
  );

const why = async (config: VmConfigInput, seq: number) => whyOfCase(await file(config), seq);

describe('why', () => {
  test('tells a free by its command and exit, other policies, worth and life', async () => {
    const { text, decisions, worth, life } = await why({ policy: 'mainline' }, 46);
    expect(text.join('\n')).toMatchInlineSnapshot(`
      "why #46, under mainline:
        #44 invpcid type 1 pcid 2 gva 0x0 encoding memory  [kvm_handle_invpcid(); SDM Vol. 2A, "INVPCID—Invalidate Process-Context Identifier"]
        #45 vm-exit from L1 to host reason 58 INVPCID  [vmx_handle_exit(); SDM Vol. 3C, "VM Exits"]
        #46 root-freed root prev0 pgd 0x11002 hpa 0x100001000 invpcid-single  [kvm_invalidate_pcid(); SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches"]
        another policy marks the root unsync: need-sync, unsync-roots, cached-roots, need-sync-posted, unsync-roots-posted, cached-roots-posted
        worth: necessary, by #63
        life of pgd 0x11002 hpa 0x100001000 of root_mmu, vCPU 0: root-allocated page new #17 -> root-synced pages 0 changed 0 #18 -> root-freed prev0 invpcid-single #46"
    `);
    expect(worth).toEqual({ worth: 'necessary', through: 63 });
    expect(decisions.map(({ does }) => does)).toEqual(['frees the root', 'marks the root unsync']);
    expect(life?.stations.map(({ seq }) => seq)).toEqual([17, 18, 46]);
  });

  test('says that a free was wasted where nothing below the root had changed', async () => {
    const commands = EDIT.filter(({ kind }) => kind !== 'write');
    const played = await file({ policy: 'mainline' }, commands);
    const { worth } = await firstOf(played, 'root-freed');
    expect(worth?.worth).toBe('wasted');
  });

  test('follows a service to the command that made its request', async () => {
    const { chain } = await why({ policy: 'mainline' }, 14);
    expect(chain.map(({ seq, kernel }) => [seq, kernel])).toEqual([
      [3, 'kvm_set_cr3()'],
      [9, 'vmx_handle_exit()'],
      [11, 'kvm_make_request()'],
      [13, null],
      [14, 'vcpu_enter_guest()'],
    ]);
  });

  test('has no say of policies, worth or life for a command', async () => {
    const { chain, decisions, worth, life } = await why({}, 1);
    expect(chain).toHaveLength(1);
    expect({ decisions, worth, life }).toEqual({ decisions: [], worth: null, life: null });
  });

  test('a violation shows the write, the invalidation, the survival and the use', async () => {
    const exhibit = MUSEUM.find(({ name }) => name === 'pcid-flush-spares-prev-roots') as Exhibit;
    const { scene, amiss } = exhibit;
    const played = await caseFrom(
      { step, turns: new Turns() },
      VmConfig.parse({ ...scene.config, ...amiss }),
      commandsOf(scene).map((command) => Command.parse(command)),
    );
    const { text, chain } = await firstOf(played, 'violation');
    expect(chain.map(({ what }) => what.split(' ')[0])).toEqual([
      'write',
      'invpcid',
      'root-reused',
      'read',
      'violation',
    ]);
    expect(text.length).toBeLessThanOrEqual(10);
  });
});

/** The answer for the first event of a kind. */
async function firstOf(played: CaseFile, kind: string) {
  for (let seq = 1; ; seq += 1) {
    const told = await whyOfCase(played, seq);
    if (told.chain.at(-1)?.what.startsWith(`${kind} `) === true) return told;
  }
}

test('every function of Linux that is named is one that the model follows', () => {
  const root = fileURLToPath(new URL('../../src/mmu', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const code = files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${root}/${name}`, 'utf8'))
    .join('\n');
  const unknown = SOURCES.flatMap(({ kernel }) =>
    kernel === null || code.includes(kernel) ? [] : [kernel],
  );
  expect(unknown).toEqual([]);
});

test('a number that no record of the case has is refused in one sentence', async () => {
  const why = 'the commands and events of VM "vm" are numbered from 1 to 63';
  const played = await file({});
  await expect(whyOfCase(played, 99)).rejects.toThrow(`Cannot explain 99: ${why}`);
});
