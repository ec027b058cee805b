import { fc } from '@virga/testing/fast-check';
import { SwiftFault } from '../faults/index.js';
import { pathOf, targetOf } from './target.js';

describe('paths', () => {
  it.each([
    ['/v1/a', { account: 'a' }], ['/v1.0/a/', { account: 'a' }], ['/v1/a/c', { account: 'a', container: 'c' }], ['/v1/a/c/', { account: 'a', container: 'c' }],
    ['/v1/a/c/o', { account: 'a', container: 'c', object: 'o' }], ['/v1/a/c/o//p/', { account: 'a', container: 'c', object: 'o//p/' }], ['/v1/a/c%2Fo', { account: 'a', container: 'c', object: 'o' }],
    ['/v1/a/c/%E2%82%AC%25', { account: 'a', container: 'c', object: '€%' }], ['/v1/a/c/100%', { account: 'a', container: 'c', object: '100%' }],
  ])('%s', (path, target) => {
    expect(targetOf(path)).toEqual(target);
  });

  it.each([['/v1', 412], ['/v1/', 412], ['/v1//c', 412], ['/v1/a//o', 412], ['/v1/a/%FF', 412], ['/v1/a/%00', 412], ['/v2/a', 400]])('%s is refused with %i', (path, status) => {
    expect(() => targetOf(path)).toThrow(expect.objectContaining({ status }));
  });

  it('reads back what it quotes', () => {
    const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed() && !text.includes('\0'));
    fc.assert(fc.property(name.filter((text) => !text.includes('/')), name, (container, object) => {
      const target = { account: 'AUTH_x', container, object };
      expect(targetOf(pathOf(target))).toEqual(target);
    }));
  });

  it('never fails otherwise than by a refusal', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        targetOf(`/v1/${text}`);
      } catch (error) {
        expect(error).toBeInstanceOf(SwiftFault);
      }
    }));
  });
});
