import { idIn, ReferenceUnknown, referenceTo } from './references.js';

const ID = '0b6ddd39-b948-471f-8038-4787978747c4';

describe('references to what backends have', () => {
  it.each([{ 'source-name': `volume-${ID}` }, { 'source-id': ID }, { 'source-name': ID.toUpperCase() }, `volume-${ID}`, referenceTo(ID)])('mean an id: %j', (reference) => {
    expect(idIn(reference)).toBe(ID);
  });

  it.each([{}, null, 5, 'volume-1', { 'source-name': { a: 1 } }, { 'source-name': `volume-${ID}/../x` }, [ID]])('mean nothing: %j', (reference) => {
    expect(() => idIn(reference)).toThrow(ReferenceUnknown);
  });
});
