import { letGo } from './index.js';

describe('letting go of a chunk', () => {
  it('gives its memory back', () => {
    const chunk = Buffer.from(new ArrayBuffer(64 * 1024));
    letGo(chunk);
    expect([chunk.length, chunk.buffer.byteLength]).toEqual([0, 0]);
  });

  it('leaves alone what shares its memory, and what is small', () => {
    const whole = Buffer.alloc(128 * 1024, 'x');
    letGo(whole.subarray(0, 64 * 1024));
    const small = Buffer.from('small');
    letGo(small);
    expect([whole.toString('latin1', 0, 3), whole.length, String(small)]).toEqual(['xxx', 128 * 1024, 'small']);
  });
});
