import { MODULES_ARE_THE_IMAGES } from '../../api/v1alpha1/places.ts';

/** Compared without case, as everything at the data root. */
const PLACE = /^(user-lib\/modules(\/|$)|modules\.json$|[^/]+\.modl$)/i;
const SOURCE = /(^|\/)user-lib\/modules(\/|$)|^modules\.json$|\.modl$/i;

/**
 * Whether a place below the data directory is one of modules.
 * @returns what is wrong with it, as the end of a sentence
 */
export function moduleFault(path: string): string | undefined {
  return PLACE.test(path) ? `is a place of modules: ${MODULES_ARE_THE_IMAGES}` : undefined;
}

/** The same for a place in the repository. */
export function moduleSourceFault(path: string): string | undefined {
  return SOURCE.test(path) ? `holds modules: ${MODULES_ARE_THE_IMAGES}` : undefined;
}
