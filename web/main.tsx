import { render } from 'preact';
import { watchVm } from './model/watch.js';
import { VmPicker } from './view/vm-picker.js';
import { VmView } from './view/vm-view.js';

const page = document.getElementById('page');
if (page === null) throw new Error('Cannot draw the page: no element "page"');

/** The VM is in the address, so that a link shows it to someone else. */
const id = new URLSearchParams(location.search).get('vm');
if (id === null || id === '') {
  render(<VmPicker />, page);
} else {
  document.title = `${id} - mmulab`;
  render(<VmView id={id} watch={watchVm(id)} />, page);
}
