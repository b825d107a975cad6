import { render } from 'preact';
import { pageAt } from './pages.js';

const element = document.getElementById('page');
if (element === null) throw new Error('Cannot draw the page: no element "page"');

const { title, view } = pageAt(new URLSearchParams(location.search));
document.title = title;
render(view, element);
