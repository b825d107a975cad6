import { VmPicker } from '../view/vm-picker.js';

/** The page at `/`. */
export function View() {
  return <VmPicker />;
}
