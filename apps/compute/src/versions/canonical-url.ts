const PROJECT = /^(\/v2\.1)\/(?:[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?=\/|\?|$)/;

/** No resource is here: a path that ends in a slash names one without an id, which Nova does not take for the collection. */
const NOWHERE = '/v2.1/-/-';

/** Projects may stand in paths (`/v2.1/PROJECT/servers`), and `/v2` is served as the oldest microversion: what the catalog of old clouds says. */
export function canonicalUrl(url: string): string {
  const canonical = url.replace(/^\/v2\/(?=.)/, '/v2.1/').replace(PROJECT, '$1');
  return /^\/v2\.1\/[^?]+\/(\?|$)/.test(canonical) ? NOWHERE : canonical;
}
