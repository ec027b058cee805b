import { badRequest } from '../faults/index.js';
import { decodedPath } from '../request/index.js';

/** Which objects make up a dynamic large object: all of the container whose names begin so. */
export interface SegmentsWanted {
  container: string;
  prefix: string;
}

/** Checks X-Object-Manifest (`container/prefix`) as a client sends it. Throws 400. */
export function requireManifestHeader(value: string): void {
  const slash = value.indexOf('/');
  const prefix = value.slice(slash + 1);
  if (slash < 1 || prefix === '' || prefix.startsWith('/') || /[?&]/.test(value)) {
    throw badRequest('X-Object-Manifest must be in the format container/prefix');
  }
}

/** What a kept X-Object-Manifest means; it is percent-encoded. */
export function segmentsWantedBy(value: string): SegmentsWanted {
  const decoded = decodedPath(value);
  const slash = decoded.indexOf('/');
  return { container: decoded.slice(0, slash), prefix: decoded.slice(slash + 1) };
}
