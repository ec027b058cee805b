import { allowsRequest } from './access-rules.js';

const allows = (path: string, asked: string, over: object = {}): boolean =>
  allowsRequest({ id: 'r', service: 'compute', method: 'GET', path, ...over }, { api: 'compute', method: 'GET', path: asked });

describe('allowsRequest', () => {
  it.each([
    ['/v2.1/servers', '/v2.1/servers', true], ['/v2.1/servers', '/v2.1/servers/', true], ['/v2.1/servers', '/v2.1/servers/1', false], ['/v2.1/servers', '/v2x1/servers', false],
    ['/v2.1/servers/*', '/v2.1/servers/1', true], ['/v2.1/servers/*', '/v2.1/servers', false], ['/v2.1/servers/*', '/v2.1/servers/1/ips', false],
    ['/v2.1/servers/*/ips', '/v2.1/servers/1/ips', true], ['/v2.1/servers/{server_id}/ips', '/v2.1/servers/1/ips', true],
    ['/v2.1/**', '/v2.1/servers/1/ips', true], ['/v2.1/**', '/v2/servers', false], ['/a(b', '/a(b', true], ['/**/ips', '/v2.1/servers/1/ips', true], ['/**/ips/*', '/v2.1/servers/1/ips', false], ['/a/**/b/**/c', '/a/x/b/b/y/c', true],
  ])('%s for %s is %s', (path, asked, expected) => {
    expect(allows(path, asked)).toBe(expected);
  });

  it('answers at once, however the pattern is made', () => {
    expect(allows('/**'.repeat(80) + '/z', '/a'.repeat(1_000))).toBe(false);
  });

  it('covers only its service and method', () => {
    expect(allows('/v2.1/**', '/v2.1/servers', { service: 'image' })).toBe(false);
    expect(allows('/v2.1/**', '/v2.1/servers', { method: 'POST' })).toBe(false);
  });
});
