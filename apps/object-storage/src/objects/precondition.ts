import { ObjectIsNewer, PreconditionFailed, type Precondition, type StoredObject } from './object.js';

/** Throws where the object that is there now, a delete marker included, is not as required. */
export function requireHolds(precondition: Precondition, found: StoredObject | undefined, nowSeconds: number): void {
  const current = unlessExpired(found, nowSeconds);
  const visible = current?.isDeleteMarker === true ? undefined : current;
  if (!isAsTagged(precondition, visible)) throw new PreconditionFailed(visible);
  if (precondition.isNewerThan !== undefined && current !== undefined && current.modifiedAt >= precondition.isNewerThan) throw new ObjectIsNewer();
  precondition.check?.(current);
}

function isAsTagged({ ifNoneMatch, ifMatch }: Precondition, visible: StoredObject | undefined): boolean {
  if (ifNoneMatch !== undefined && visible !== undefined && matches(ifNoneMatch, visible)) return false;
  return ifMatch === undefined || (visible !== undefined && matches(ifMatch, visible));
}

/** Nothing where its time is over. */
export function unlessExpired(object: StoredObject | undefined, nowSeconds: number): StoredObject | undefined {
  return object?.expiresAt !== undefined && object.expiresAt <= nowSeconds ? undefined : object;
}

function matches(tags: '*' | readonly string[], object: StoredObject): boolean {
  return tags === '*' || tags.includes(object.etag) || tags.includes('*');
}
