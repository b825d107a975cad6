export {
  type FoundPage,
  getPage,
  isObsolete,
  isUnsyncRoot,
  releasePage,
  takeFrame,
  zapAllFast,
} from './pages.js';
export { isDirect, isGuestMode, isInvalid, levelOf, ROLE } from './role.js';
