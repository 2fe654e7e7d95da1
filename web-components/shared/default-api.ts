/** Owns which site the elements of this script talk to when they are told nothing. */
export const defaultApi = {
  /** Empty: the page's own origin. */
  origin: '',
};
