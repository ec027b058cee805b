import { parseSignature, type Signature } from './digest.js';

/** What a temporary URL says about itself in its query. */
export interface TempUrl {
  signature: Signature;
  /** Seconds since the epoch. */
  expires: number;
  /** All objects whose names begin so, instead of one object. */
  prefix: string | undefined;
  ipRange: string | undefined;
  filename: string | undefined;
  isInline: boolean;
}

/** Whether a request claims to be a temporary URL; then it is answered as one and no token counts. */
export function claimsTempUrl(query: URLSearchParams): boolean {
  return query.has('temp_url_sig') || query.has('temp_url_expires');
}

/** Reads the query, or undefined where something is missing, malformed or the time has passed: all of that is answered alike. */
export function readTempUrl(query: URLSearchParams, nowSeconds: number): TempUrl | undefined {
  const signature = parseSignature(query.get('temp_url_sig') ?? '');
  const expires = readExpires(query.get('temp_url_expires') ?? '');
  if (signature === undefined || expires === undefined || expires < nowSeconds) return undefined;
  return {
    signature, expires,
    prefix: query.get('temp_url_prefix') ?? undefined,
    ipRange: query.get('temp_url_ip_range') || undefined,
    filename: query.get('filename') || undefined,
    isInline: query.has('inline'),
  };
}

/** Seconds since the epoch, or a moment in UTC as `2024-01-31T12:00:00Z`. */
function readExpires(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
