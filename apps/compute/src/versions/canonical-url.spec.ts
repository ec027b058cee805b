import { canonicalUrl } from './canonical-url.js';

describe('URLs of the compute API', () => {
  it.each([
    ['/v2.1/servers', '/v2.1/servers'], ['/v2/servers?limit=1', '/v2.1/servers?limit=1'], ['/v2.1/d3300000000000000000000000000001/servers', '/v2.1/servers'],
    ['/v2.1/', '/v2.1/'], ['/v2.1', '/v2.1'], ['/', '/'], ['/v2', '/v2'], ['/v2/', '/v2/'], ['/v2.1/flavors?name=a/', '/v2.1/flavors?name=a/'],
  ])('%s mean %s', (url, canonical) => {
    expect(canonicalUrl(url)).toBe(canonical);
  });

  it.each(['/v2.1/os-security-groups/', '/v2.1/os-simple-tenant-usage/?start=x'])('%s lack an id and lead nowhere', (url) => {
    expect(canonicalUrl(url)).toBe('/v2.1/-/-');
  });
});
