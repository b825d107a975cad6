import { render } from 'preact';
import { pageAt } from './pages.js';
import { listenForKeys } from './shell/actions.js';
import { openPalette } from './shell/dialogs.js';
import { takeFiles } from './shell/drop.js';
import { hrefOfOld } from './shell/links.js';
import { followLinks, navigate } from './shell/router.js';
import { Shell } from './shell/shell.js';
import { applyTheme } from './shell/theme.js';

const element = document.getElementById('page');
if (element === null) throw new Error('Cannot draw the page: no element "page"');

const successor = hrefOfOld(new URLSearchParams(location.search));
if (successor !== null && location.pathname === '/') {
  navigate(`${successor}${location.hash}`, 'replace');
}
applyTheme();
followLinks((path) => pageAt(path) !== null);
listenForKeys();
takeFiles();
addEventListener('keydown', (event) => {
  if (event.key !== 'k' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  openPalette('>');
});
render(<Shell />, element);
