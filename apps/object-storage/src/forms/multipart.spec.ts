import { Readable } from 'node:stream';
import { fc } from '@virga/testing/fast-check';
import { formParts, parseParameters } from './multipart.js';

interface ReadPart { headers: Record<string, string>; text: string }

async function readAll(chunks: Buffer[], boundary = 'xyz'): Promise<ReadPart[]> {
  const parts: ReadPart[] = [];
  for await (const part of formParts(Readable.from(chunks, { objectMode: false }), boundary)) {
    const bytes: Buffer[] = [];
    for await (const chunk of part.bytes) bytes.push(chunk);
    parts.push({ headers: Object.fromEntries(part.headers), text: Buffer.concat(bytes).toString('latin1') });
  }
  return parts;
}

const bodyOf = (contents: string[]) =>
  Buffer.from(`${contents.map((content, index) => `--xyz\r\nContent-Disposition: form-data; name="f${index}"\r\n\r\n${content}\r\n`).join('')}--xyz--\r\n`, 'latin1');

describe('reading a multipart form', () => {
  it('gives the same parts however the body is cut into chunks', async () => {
    const content = fc.array(fc.constantFrom('a', '\r', '\n', '-', '--', '\r\n', '\r\n--', '\r\n--xy', '\0'), { maxLength: 12 })
      .map((pieces) => pieces.join('')).filter((text) => !text.includes('\r\n--xyz'));
    await fc.assert(fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 40 }), async (contents, size) => {
      const body = bodyOf(contents);
      const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, index) => body.subarray(index * size, (index + 1) * size));
      expect(await readAll(chunks)).toEqual(contents.map((text, index) => ({
        headers: { 'content-disposition': `form-data; name="f${index}"` }, text,
      })));
    }));
  });

  it('does not take a part that was cut off for a whole one', async () => {
    const body = bodyOf(['hello world']);
    await expect(readAll([body.subarray(0, body.length - 12)])).rejects.toThrow('ends inside a part');
  });

  it('refuses a body that does not begin with its boundary', async () => {
    await expect(readAll([Buffer.from('--other\r\n\r\n')])).rejects.toThrow('invalid starting boundary');
  });

  it('bounds the headers of a part', async () => {
    await expect(readAll([Buffer.from(`--xyz\r\nA: ${'b'.repeat(20_000)}\r\n\r\n`)])).rejects.toThrow('a line is too long');
    await expect(readAll([Buffer.from(`--xyz\r\n${'a: b\r\n'.repeat(80)}\r\n`)])).rejects.toThrow('too many headers');
  });

  it('reads names with quotes and semicolons', () => {
    const { type, parameters } = parseParameters('Form-Data; name="a;b"; filename="say \\"hi\\".txt"; x=y');
    expect(type).toBe('form-data');
    expect(Object.fromEntries(parameters)).toEqual({ name: 'a;b', filename: 'say "hi".txt', x: 'y' });
  });
});
