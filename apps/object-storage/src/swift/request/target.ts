import { badRequest, preconditionFailed } from '../faults/index.js';

/** What a path under /v1 names. */
export interface Target {
  account: string;
  container?: string;
  object?: string;
}

export interface ContainerTarget extends Target {
  container: string;
}

export interface ObjectTarget extends ContainerTarget {
  object: string;
}

const VERSIONS = ['v1', 'v1.0'];

/**
 * Reads the percent-encoded path of a storage request. Like Swift, decodes first and splits then: an encoded slash separates.
 * Throws 412 for a path that names nothing or is no UTF-8, 400 for another API version.
 */
export function targetOf(rawPath: string): Target {
  const [, version, account, container, object] = /^\/([^/]*)(?:\/([^/]*))?(?:\/([^/]*))?(?:\/([^]*))?$/.exec(decodedPath(rawPath)) ?? [];
  if (version === undefined || !VERSIONS.includes(version)) throw badRequest();
  if (account === undefined || account === '' || (isNamed(object) && !isNamed(container))) throw preconditionFailed('Bad URL');
  if (!isNamed(container)) return { account };
  return isNamed(object) ? { account, container, object } : { account, container };
}

/** Decodes `%xx` of a path or of a header that names one. Throws 412 where the bytes are no UTF-8 or hold NUL. */
export function decodedPath(encoded: string): string {
  let decoded: string;
  try {
    // A percent sign that begins no escape stands for itself.
    decoded = decodeURIComponent(encoded.replaceAll(/%(?![0-9a-fA-F]{2})/g, '%25'));
  } catch {
    throw preconditionFailed('Invalid UTF8 or contains NULL');
  }
  if (decoded.includes('\0') || !decoded.isWellFormed()) throw preconditionFailed('Invalid UTF8 or contains NULL');
  return decoded;
}

/** The path of a target, encoded as Swift quotes it. */
export function pathOf({ account, container, object }: Target): string {
  return ['/v1', account, container, object].filter((part) => part !== undefined)
    .map((part, index) => (index === 0 ? part : quoted(part))).join('/');
}

/** Percent-encodes everything but unreserved characters and slashes. */
export function quoted(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function isNamed(part: string | undefined): part is string {
  return part !== undefined && part !== '';
}
