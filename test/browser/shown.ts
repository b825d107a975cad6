import type { Page } from 'playwright-core';

/** What the page shows, in words that a test can compare. */
export function shownBy(page: Page) {
  return {
    connection: () => textOf(page, '.connection'),

    /** The vCPU's place that is lit: `host`, `guest L1` or `guest L2`. */
    mode: (vcpu: number) => textOf(page, `[data-vcpu="${vcpu}"] .mode-place[data-on="true"]`),

    register: (vcpu: number, name: string) =>
      textOf(page, `[data-vcpu="${vcpu}"] [data-register="${name}"] dd`),

    mmuInUse: (vcpu: number) =>
      page
        .locator(`[data-vcpu="${vcpu}"] [data-mmu]`)
        .filter({ has: page.locator('.in-use[data-on="true"]') })
        .getAttribute('data-mmu'),

    /**
     * The roots over the slots, from left to right as they are drawn: `pgd hpa`, with `unsync` if
     * it is marked, and `-` for a hole.
     */
    roots: (vcpu: number, mmu: 'root' | 'guest') =>
      page.locator(`[data-vcpu="${vcpu}"] [data-mmu="${mmu}"] .cache`).evaluate(rootsIn),

    /** Shadow pages below the root that is picked, each with as many dots as it lies deep. */
    shadowPages: (vcpu: number) =>
      page.locator(`[data-vcpu="${vcpu}"] .tree-item`).evaluateAll((items) =>
        items.map((item) => {
          const parts = [...(item.querySelector('.page')?.children ?? [])];
          const words = parts.map((part) => part.textContent).filter((word) => word !== '');
          const depth = Number(getComputedStyle(item).getPropertyValue('--depth'));
          return `${'. '.repeat(depth)}${words.join(' ')}`;
        }),
      ),

    /** Entries of the shadow page that is picked: index, target and flags. */
    sptes: (vcpu: number) =>
      page
        .locator(`[data-vcpu="${vcpu}"] .tree .entry`)
        .evaluateAll((entries) =>
          entries.map((entry) => [...entry.children].map((part) => part.textContent).join(' ')),
        ),

    /** What the TLB holds, each entry behind its tag. */
    tlb: (vcpu: number) =>
      page.locator(`[data-vcpu="${vcpu}"] .tlb-context`).evaluateAll((contexts) =>
        contexts.flatMap((context) =>
          [...context.querySelectorAll('.entry')].map((entry) => {
            const parts = [...entry.children].map((part) => part.textContent);
            return `${context.getAttribute('data-tag')}: ${parts.join(' ')}`;
          }),
        ),
      ),

    /** Requests whose lamp is lit, in their order. */
    requests: (vcpu: number) =>
      page
        .locator(`[data-vcpu="${vcpu}"] .lamp[data-pending="true"] .lamp-name`)
        .evaluateAll((lamps) => lamps.map((lamp) => lamp.textContent)),

    /** How often a request was made; 0 where nothing is written. */
    madeCount: async (vcpu: number, request: string) =>
      Number(await textOf(page, `[data-vcpu="${vcpu}"] [data-request="${request}"] .lamp-count`)),

    /** Flushes by scope, those that there were. */
    flushCounts: (vcpu: number) =>
      page
        .locator(`[data-vcpu="${vcpu}"] [data-scope]`)
        .evaluateAll((scopes) =>
          scopes
            .map(
              (scope) =>
                `${scope.getAttribute('data-scope')} ${scope.querySelector('dd')?.textContent}`,
            )
            .filter((text) => !text.endsWith(' 0')),
        ),

    /** Ticks of the strip, oldest first, by scope. */
    flushStrip: (vcpu: number) =>
      page
        .locator(`[data-vcpu="${vcpu}"] .tick`)
        .evaluateAll((ticks) => ticks.map((tick) => tick.className.replace('tick scope-', ''))),

    /** Rows of the event list, their columns parted by a bar. */
    /** A counter by its name in the API, with whether it stands out as wrong. */
    counter: (vcpu: number, name: string) =>
      page.locator(`[data-vcpu="${vcpu}"] [data-counter="${name}"]`).evaluate((counter) => {
        const isWrong = counter.getAttribute('data-wrong') === 'true';
        return `${counter.querySelector('dd')?.textContent}${isWrong ? ' wrong' : ''}`;
      }),

    /** Colour of the text of the newest row of a kind. */
    colourOf: (kind: string) =>
      page
        .locator(`.event[data-kind="${kind}"] .event-details`)
        .last()
        .evaluate((details) => getComputedStyle(details).color),

    events: () =>
      page
        .locator('.event')
        .evaluateAll((rows) =>
          rows.map((row) => [...row.children].map((column) => column.textContent).join(' | ')),
        ),

    seqs: () =>
      page
        .locator('.event[data-seq]')
        .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-seq')))),

    gaps: () =>
      page
        .locator('.event-gap')
        .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-gap'))),
  };
}

function textOf(page: Page, selector: string): Promise<string | null> {
  return page.locator(selector).textContent();
}

/** Runs in the page, and so may lean on nothing outside itself. */
function rootsIn(cache: Element): string[] {
  const roots = [...cache.querySelectorAll('.root')];
  return [...cache.querySelectorAll('.slot')].map((slot) => {
    const place = slot.getBoundingClientRect();
    const over = roots.filter((root) => {
      const { x, y } = root.getBoundingClientRect();
      return Math.abs(x - place.x) < 2 && Math.abs(y - place.y) < 2;
    });
    const words = over.map((root) =>
      [...root.querySelectorAll('.root-pgd, .root-hpa, .root-unsync')]
        .map((part) => part.textContent)
        .join(' '),
    );
    return words.length === 0 ? '-' : words.join(' and ');
  });
}
