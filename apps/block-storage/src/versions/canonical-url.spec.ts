import { personas } from '@virga/testing';
import { canonicalUrl, requireOwnProject } from './canonical-url.js';

describe('URLs of the block storage API', () => {
  it.each([
    ['/v3/d3300000000000000000000000000001/volumes', '/v3/volumes'], ['/v3/volumes?limit=1', '/v3/volumes?limit=1'],
    ['/v3/d3300000-0000-0000-0000-000000000001/backups/detail', '/v3/backups/detail'], ['/v3', '/v3'], ['/v3/', '/v3/'], ['/', '/'],
    ['/v3/d3300000000000000000000000000001', '/v3'], ['/v3/d3300000000000000000000000000001/', '/v3/'], ['/v3/volumes?name=a/', '/v3/volumes?name=a/'],
  ])('%s mean %s', (url, canonical) => {
    expect(canonicalUrl(url)).toBe(canonical);
  });

  it.each(['/v3/volumes/', '/v3/d3300000000000000000000000000001/volumes/', '/v3/snapshots/?limit=1'])('%s lack an id and lead nowhere', (url) => {
    expect(canonicalUrl(url)).toBe('/v3/-/-');
  });

  it('name the project of the token, or none', () => {
    const { alice, bob } = personas;
    requireOwnProject(`/v3/${alice.projectId}/volumes`, alice);
    requireOwnProject('/v3/volumes', bob);
    expect(() => requireOwnProject(`/v3/${alice.projectId}/volumes`, bob)).toThrow('Malformed request url');
  });
});
