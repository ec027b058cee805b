import { Invalid, type Caller } from '@virga/kernel';

const PROJECT = /^\/v3\/([0-9a-f-]+)(?=\/|\?|$)/;

/** A project may stand in paths (`/v3/PROJECT/volumes`): what every client of before 3.67 sends. No resource's name looks like a project's id. */
export function canonicalUrl(url: string): string {
  return url.replace(PROJECT, '/v3');
}

/** Throws 400 where the path names another project than the token's: nobody may, administrators neither. */
export function requireOwnProject(path: string, { projectId }: Caller): void {
  const named = PROJECT.exec(path)?.[1];
  if (named !== undefined && named !== projectId) throw new Invalid('block-storage.path.project', 'Malformed request url');
}
