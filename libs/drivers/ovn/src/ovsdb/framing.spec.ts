import { fc } from '@virga/testing/fast-check';
import { MalformedStream, MessageSplitter } from './framing.js';

/** Cuts `bytes` at the given relative places. */
function chunksOf(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const bounds = [0, ...places, bytes.length];
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
}

describe('MessageSplitter', () => {
  it('finds the same messages however the stream is cut', () => {
    const message = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 4 });
    fc.assert(fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, cuts) => {
      // Through JSON once, since JSON has no -0.
      const sent: unknown[] = messages.map((sentMessage) => JSON.parse(JSON.stringify(sentMessage)));
      const splitter = new MessageSplitter();
      const bytes = Buffer.from(sent.map((each) => JSON.stringify(each)).join(''));
      expect(chunksOf(bytes, cuts).flatMap((chunk) => splitter.push(chunk))).toEqual(sent);
    }));
  });

  it('is not misled by braces, quotes and escapes in strings, even byte by byte', () => {
    const message = { id: '}{"\\', 'k"}': ['\\"}', '😀}', ''], nested: { a: {} } };
    const splitter = new MessageSplitter();
    const bytes = Buffer.from(`${JSON.stringify(message)}\n ${JSON.stringify({})}`);
    expect([...bytes].flatMap((byte) => splitter.push(Uint8Array.of(byte)))).toEqual([message, {}]);
  });

  it('keeps an unfinished message although the chunk is used again', () => {
    const splitter = new MessageSplitter();
    const chunk = Buffer.from('{"a":');
    splitter.push(chunk);
    chunk.fill(0);
    expect(splitter.push(Buffer.from('1}'))).toEqual([{ a: 1 }]);
  });

  it('throws on anything between messages that is not space', () => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 8 })
      .filter((bytes) => ![0x7b, 0x20, 0x0a, 0x0d, 0x09].includes(bytes[0] as number));
    fc.assert(fc.property(noise, (bytes) => {
      const splitter = new MessageSplitter();
      splitter.push(Buffer.from('{}'));
      expect(() => splitter.push(bytes)).toThrow(MalformedStream);
    }));
  });
});
