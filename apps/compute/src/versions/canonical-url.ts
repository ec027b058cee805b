/** Projects may stand in paths (`/v2.1/PROJECT/servers`), and `/v2` is served as the oldest microversion: what the catalog of old clouds says. */
export function canonicalUrl(url: string): string {
  return url.replace(/^\/v2\/(?=.)/, '/v2.1/').replace(/^(\/v2\.1)\/(?:[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?=\/|\?|$)/, '$1');
}
