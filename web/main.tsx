import { render } from 'preact';
import { watchVm } from './model/watch.js';
import { LiveRace } from './view/live-race.js';
import { RaceView } from './view/race-view.js';
import { VmPicker } from './view/vm-picker.js';
import { VmView } from './view/vm-view.js';

const page = document.getElementById('page');
if (page === null) throw new Error('Cannot draw the page: no element "page"');

/** The VM or the job is in the address, so that a link shows it to someone else. */
const query = new URLSearchParams(location.search);
const id = query.get('vm');
if (query.has('race') || query.has('job')) {
  document.title = 'Race - mmulab';
  render(
    id === null || id === '' ? <RaceView job={query.get('job')} /> : <LiveRace vm={id} />,
    page,
  );
} else if (id === null || id === '') {
  render(<VmPicker />, page);
} else {
  document.title = `${id} - mmulab`;
  render(<VmView id={id} watch={watchVm(id)} />, page);
}
