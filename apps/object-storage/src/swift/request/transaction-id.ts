/**
 * Swift's transaction id: `tx`, 21 hexadecimal digits, a dash, the time in seconds as 10 digits, and what the client added by
 * X-Trans-Id-Extra. The digits are the first ones of the request id, so that either finds the other in the logs.
 */
export function transactionId(requestId: string, nowMs: number, extra: string | undefined): string {
  const digits = requestId.toLowerCase().replaceAll(/[^0-9a-f]/g, '').slice(-32).padEnd(21, '0').slice(0, 21);
  const suffix = extra === undefined || extra === '' ? '' : `-${extra.slice(0, 32)}`;
  return `tx${digits}-${Math.floor(nowMs / 1000).toString(16).padStart(10, '0')}${encodeURIComponent(suffix)}`;
}
