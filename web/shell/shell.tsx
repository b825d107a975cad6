import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { lacksToken, tokensGiven } from '../api/token.js';
import { PAGES, type Page, type PageModule, pageAt } from '../pages.js';
import { type Action, useActions } from './actions.js';
import { Card } from './card.js';
import { dialog, openHelp, openPalette } from './dialogs.js';
import { KeysHelp } from './keys-help.js';
import { lag } from './lag.js';
import { Palette } from './palette.js';
import { isStatic } from './place.js';
import { address, navigate } from './router.js';
import { TermCard } from './term-card.js';
import { nextTheme, toggleTypeSize } from './theme.js';
import { TokenCard } from './token-card.js';
import { type BarLink, TopBar } from './top-bar.js';

const API: BarLink = { text: 'API', href: '/docs' };

const LINKS: readonly BarLink[] = isStatic
  ? []
  : [...PAGES.flatMap(({ path, link }) => (link ? [{ text: link.text, href: path }] : [])), API];

/** Acts that every page has. */
const ACTIONS: readonly Action[] = [
  { group: 'Everywhere', key: '/', text: 'Search', run: () => openPalette('') },
  { group: 'Everywhere', key: '>', text: 'Commands', run: () => openPalette('>') },
  { group: 'Everywhere', key: '?', text: 'Keys', isCommand: true, run: openHelp },
  { group: 'Everywhere', key: 't', text: 'Change the theme', isCommand: true, run: nextTheme },
  {
    group: 'Everywhere',
    key: 'j',
    text: 'Type for a projector, or the usual',
    isCommand: true,
    run: toggleTypeSize,
  },
  ...PAGES.flatMap(({ path, link }) =>
    link === undefined || isStatic
      ? []
      : [
          {
            group: 'Go to',
            key: `g ${link.key}`,
            text: link.text,
            isCommand: true,
            run: () => navigate(path),
          },
        ],
  ),
  ...(isStatic
    ? []
    : [
        {
          group: 'Go to',
          text: API.text,
          isCommand: true,
          run: () => location.assign(API.href),
        },
      ]),
];

/** The bar, and the page that the address names. */
export function Shell() {
  useActions(ACTIONS);
  const { path } = address.value;
  const found = useMemo(() => pageAt(path), [path]);
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: a link without the change of address that it would be */}
      <a class="skip" href="#content" onClick={toContent}>
        To the content
      </a>
      <TopBar links={LINKS} />
      <div id="content" tabIndex={-1}>
        <Content found={found} path={path} />
      </div>
      {dialog.value.kind === 'help' && <KeysHelp />}
      {dialog.value.kind === 'term' && <TermCard word={dialog.value.word} />}
      {dialog.value.kind === 'palette' && <Palette text={dialog.value.text} />}
    </>
  );
}

function Content({ found, path }: { readonly found: Found | null; readonly path: string }) {
  if (found === null) return <NoPage path={path} />;
  if (lacksToken.value !== 'no') return <TokenCard />;
  // With a new token, everything is asked for anew.
  return <Loaded key={tokensGiven.value} {...found} />;
}

type Found = NonNullable<ReturnType<typeof pageAt>>;

/** A page, once its file is there. The page before it stays until then. */
function Loaded({ page, params }: Found) {
  const loaded = useSignal<{ readonly page: Page; readonly module: PageModule } | null>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    const title = page.title(params);
    document.title = title === '' ? 'mmulab' : `${title} - mmulab`;
  }, [page, params]);
  useEffect(() => {
    let isOver = false;
    failure.value = null;
    lag.value = { kind: 'none' };
    page.load().then(
      (module) => {
        if (!isOver) loaded.value = { page, module };
      },
      (error: Error) => {
        if (!isOver) failure.value = error.message;
      },
    );
    return () => {
      isOver = true;
    };
  }, [page, loaded, failure]);
  if (failure.value !== null) return <NotLoaded reason={failure.value} />;
  if (loaded.value === null || loaded.value.page !== page) return null;
  const { View } = loaded.value.module;
  return <View params={params} />;
}

function NotLoaded({ reason }: { readonly reason: string }) {
  return (
    <Card title="This page could not be loaded">
      <p>{reason}</p>
      <p>The server may have been built anew since, or may be gone.</p>
      <button type="button" onClick={() => location.reload()}>
        Load again
      </button>
    </Card>
  );
}

function NoPage({ path }: { readonly path: string }) {
  return (
    <Card title="No such page">
      <p>
        There is nothing at <code>{path}</code>.
      </p>
      <p>
        <a href="/">All VMs</a>
      </p>
    </Card>
  );
}

/** Moves the focus alone: the fragment of an address is what its page shows. */
function toContent(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
