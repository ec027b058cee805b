import { Invalid, isUuid } from '@virga/kernel';

/** What a backend calls a volume, as Cinder's own drivers write it. */
const NAME = /^(?:volume-)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;

/** Nothing on the backend is meant by the reference, or nothing that could become a volume. */
export class ReferenceUnknown extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume.reference', `Invalid input received: ${reason}`);
  }
}

/** How lists name what a backend has. */
export function referenceTo(id: string): Record<string, string> {
  return { 'source-name': `volume-${id}` };
}

/** The id that a reference means: `{"source-name": "volume-ID"}`, `{"source-id": "ID"}`, or one of the texts. Throws `Invalid`. */
export function idIn(reference: unknown): string {
  const given = typeof reference === 'object' && reference !== null ? reference as Record<string, unknown> : { 'source-name': reference };
  const text = given['source-name'] ?? given['source-id'];
  const id = typeof text === 'string' ? NAME.exec(text.trim())?.[1]?.toLowerCase() : undefined;
  if (id === undefined || !isUuid(id)) {
    throw new ReferenceUnknown('Invalid ref: it must be {"source-name": "volume-ID"} or {"source-id": "ID"}.');
  }
  return id;
}
