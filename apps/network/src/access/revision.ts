import { Invalid } from '@virga/kernel';
import type { RequestFacts } from '@virga/contract';
import { RevisionNumberConstraintFailed } from './access.js';

/** The revision that a change is meant for (extension revision-if-match); undefined where any will do. */
export function expectedRevision(request: RequestFacts): number | undefined {
  const header = [request.headers['if-match']].flat()[0];
  if (header === undefined) return undefined;
  const match = /^revision_number=(\d{1,18})$/.exec(header.trim());
  if (match === null) throw new Invalid('network.revision.malformed', 'If-Match must be of the form revision_number=NUMBER.');
  return Number(match[1]);
}

/** Throws (412) where the change was meant for another revision. */
export function requireRevision(expected: number | undefined, found: { id: string; revision_number: number }): void {
  if (expected !== undefined && expected !== found.revision_number) throw new RevisionNumberConstraintFailed(found.id, expected);
}
