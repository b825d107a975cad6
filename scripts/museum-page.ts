import { type Exhibit, type Hall, lifetimeText, MUSEUM, show } from '../src/lab/index.js';

const INTRODUCTION = `# The museum

Ways in which KVM's MMU went wrong, was proposed to go wrong, or could: each is a switch on a VM, with a list of
commands that is clean without it and that a judge objects to with it.

\`\`\`console
$ npx mmulab museum | tail -n 1
${MUSEUM.length} passed, 0 failed
$ npx mmulab museum --only pcide-keeps-roots
exhibit            source ...
pcide-keeps-roots  ...
1 passed, 0 failed
$ npx mmulab museum --case-of pcide-keeps-roots > scene.case.json
$ curl -s localhost:3000/v1/cases --json @scene.case.json
{"id":"...",...,"met":true,...}
$ curl -s localhost:3000/v1/museum/pcide-keeps-roots
{"exhibit":{"name":"pcide-keeps-roots",...},...}
$ curl -s localhost:3000/v1/vms --json '{"defects":["pcide-keeps-roots"]}'
{"id":"...",...,"defects":["pcide-keeps-roots"],...}
\`\`\`

\`mmulab museum\` shows every exhibit and ends with status 1 if one escapes; \`--case-of\` prints a scene as a case file.

A **bug** is what a commit mended. Where it is another kernel's rule, the defect puts that rule in place of the
kernel's own (\`src/mmu/kernel/rules.ts\`); otherwise it puts something around a function of the model. A **hole** is
one that mainline has, or had until 2026: the same scene is clean under the policy or the kernel of v5.14. A **trap** is
a proposal of the thread exactly as mailed: a policy, not a defect. A **mutant** is one mistake of our making. *After*
counts the commands of the scene, without those that set the stage, up to the one at which the judge speaks:

- **oracle**: an access used a translation that the architecture no longer allows, or faulted without a reason;
- **conformance**: an answer, or a word that the guest reads, is not what the manual says;
- **invariant**: the shadow pages contradict themselves (\`src/mmu/views/shadow-flaws.ts\`);
- **assertion**: the host would have crashed;
- **economy**: KVM gave up what it may keep.

*Releases* are those of Linux that have the mistake: the first (that of the feature which it is in, where no report names another),
the last of mainline, and the last of stable series that were mended as well, as far as they are known. \`-\`: no release ever had it.
\`GET /v1/museum\` gives them, and the commit that mended it, as data; a test holds them against the kernels of the model.

This page is written by \`npm run describe-museum\`, and a test proves it fresh.
`;

const NOT_SHOWN = `## Not shown

Of the 35 bugs of the architecture reference these need what the model has not:

| bug | why |
|---|---|
| cf9f4c0eb169, a stale CR0.WP in emulated accesses | Under EPT no access is emulated but one to a shadowed table, and the processor has judged it before. |
| 0f38453cdb2e, write tracking in the other address space | There is no system-management mode. |
| df37ed38e6c2, INIT flushes nothing | The MMU context is reset on INIT and again when paging is enabled, and what is loaded then is flushed. |
| June 2026, vpid02 on first use; INVVPID on another physical CPU | A vCPU has one TLB and its own VPIDs for good: there are no physical CPUs to migrate between. |

Trap T8, that the mail of 29 July stores no mark back, lets nothing stale through by itself: it costs syncs and flushes,
which [the findings](findings.md) count.
`;

const ADDING = `## Adding one

A bug or a mutant is a file in \`src/mmu/defects/\`, named as the defect is: title, source, what and where; the \`rules\` of another
kernel or the \`seams\` that it wraps; its judge and its scene. Put its name into \`src/mmu/schema/defect-names.ts\`; the compiler then
asks for its line in \`src/mmu/defects/index.ts\`. If the function that is wrong is no seam yet, write \`seam(function ...)\` around it
([ADR 15](adr/0015-seams.md)). A hole or a trap is a file in \`src/lab/museum/exhibits/\`; what closes a hole is one in
\`src/mmu/mends/\`, of the same name. \`npm run describe-museum\` then writes this page.
`;

/** Text of docs/museum.md, from the catalogue and the result of each scene. */
export function museumPage(): string {
  const exhibitsOf = (hall: Hall) => MUSEUM.filter((exhibit) => exhibit.hall === hall);
  return [
    INTRODUCTION,
    '## Holes: what KVM does to this day\n',
    tableOf(exhibitsOf('hole')),
    '## Traps: the proposals as mailed\n',
    tableOf(exhibitsOf('trap')),
    '## Bugs that KVM had\n',
    tableOf(exhibitsOf('bug')),
    NOT_SHOWN,
    '## Mutants\n',
    tableOf(exhibitsOf('mutant')),
    ADDING,
  ].join('\n');
}

function tableOf(exhibits: readonly Exhibit[]): string {
  const rows = exhibits.map((exhibit) => {
    const { name, source, what, lifetime, where } = exhibit;
    const { caught } = show(exhibit);
    const by = caught === null ? 'nobody' : `${caught.by} after ${caught.after}`;
    const from = source === 'mutant' ? `\`${where}\`` : `${escaped(source)} \`${where}\``;
    const releases = lifetime === null ? '-' : lifetimeText(lifetime);
    return `| \`${name}\` | ${escaped(what)} | ${from} | ${releases} | ${by} |`;
  });
  const head =
    '| name | what is done wrong | where | releases | caught by |\n|---|---|---|---|---|';
  return `${head}\n${rows.join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
