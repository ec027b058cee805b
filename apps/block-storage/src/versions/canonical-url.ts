import { Invalid, type Caller } from '@virga/kernel';

const PROJECT = /^\/v3\/([0-9a-f-]+)(?=\/|\?|$)/;

/** No resource is here: a path that ends in a slash names one without an id, which Cinder does not take for the collection. */
const NOWHERE = '/v3/-/-';

/** A project may stand in paths (`/v3/PROJECT/volumes`): what every client of before 3.67 sends. No resource's name looks like a project's id. */
export function canonicalUrl(url: string): string {
  const canonical = url.replace(PROJECT, '/v3');
  return /^\/v3\/[^?]+\/(\?|$)/.test(canonical) ? NOWHERE : canonical;
}

/** Throws 400 where the path names another project than the token's: nobody may, administrators neither. */
export function requireOwnProject(path: string, { projectId }: Caller): void {
  const named = PROJECT.exec(path)?.[1];
  if (named !== undefined && named !== projectId) throw new Invalid('block-storage.path.project', 'Malformed request url');
}
