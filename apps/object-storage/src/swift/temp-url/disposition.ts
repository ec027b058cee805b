import { withoutEnd } from '../../text/index.js';

/** What a browser shall do with what it gets: `attachment` or `inline`, with a name as RFC 6266 wants it. */
export function disposition(type: 'attachment' | 'inline', filename: string): string {
  return `${type}; filename="${quote(filename, ' /')}"; filename*=UTF-8''${quote(filename, '')}`;
}

/** Percent-encodes all but what RFC 3986 leaves alone, `safe` and the slash of a path. */
function quote(text: string, safe: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%2F/g, '/')
    .replace(/%20/g, safe.includes(' ') ? ' ' : '%20');
}

/** The Content-Disposition of an answer to a temporary URL: what the URL says, else what the object says, else the object's name. */
export function dispositionOf(
  url: { filename: string | undefined; isInline: boolean }, stored: string | undefined, objectName: string,
): string {
  if (url.isInline) return url.filename === undefined ? 'inline' : disposition('inline', url.filename);
  if (url.filename !== undefined) return disposition('attachment', url.filename);
  const value = stored ?? disposition('attachment', withoutEnd(objectName, '/').split('/').at(-1) ?? '');
  return value.replaceAll('\n', '%0A');
}
