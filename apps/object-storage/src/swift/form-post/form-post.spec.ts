import { createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { grantFor, redirectTarget } from './form.js';
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
    await expect(readAll([body.subarray(0, body.length - 12)])).rejects.toMatchObject({ status: 400 });
  });

  it('refuses a body that does not begin with its boundary', async () => {
    await expect(readAll([Buffer.from('--other\r\n\r\n')])).rejects.toThrow('FormPost: invalid starting boundary');
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

describe('the grant of a form', () => {
  const path = '/v1/AUTH_a/c/prefix';
  const sign = (fields: Record<string, string>, key = 'secret', digest = 'sha256') => createHmac(digest, key)
    .update([path, fields['redirect'] ?? '', fields['max_file_size'] ?? '0', fields['max_file_count'] ?? '0', fields['expires'] ?? '0'].join('\n')).digest('hex');
  const form = (fields: Record<string, string>, signature = sign(fields)) => new Map(Object.entries({ ...fields, signature }));
  const fields = { redirect: 'http://r', max_file_size: '100', max_file_count: '2', expires: '2000' };

  it.each(['sha1', 'sha256', 'sha512'])('is given for a form signed with %s by any of the keys', (digest) => {
    const signed = form({ ...fields, x_delete_after: '60' }, sign(fields, 'second', digest));
    expect(grantFor(signed, path, ['secret', 'second'], 1999)).toEqual({ maxFileBytes: 100, headers: { 'x-delete-after': '60' } });
  });

  it.each([
    ['another limit', () => form({ ...fields, max_file_size: '101' }, sign(fields))],
    ['no signature', () => new Map(Object.entries(fields))],
    ['a signature of another key', () => form(fields, sign(fields, 'guess'))],
    ['a time that has passed', () => form({ ...fields, expires: '10' })],
  ])('is not given with %s', (_, signed) => {
    expect(() => grantFor(signed(), path, ['secret'], 1999)).toThrow(expect.objectContaining({ status: 401 }));
  });

  it('is not given where there is no key', () => {
    expect(() => grantFor(form(fields, sign(fields, '')), path, [], 1999)).toThrow(expect.objectContaining({ status: 401 }));
  });

  it.each([['max_file_size', 'x'], ['expires', 'soon'], ['x_delete_at', '1.5']])('wants a number as %s', (name, value) => {
    expect(() => grantFor(form({ ...fields, [name]: value }), path, ['secret'], 1999)).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('tells the page behind the redirect how it went', () => {
    expect(redirectTarget('http://r/?a=b', 400, 'max file count exceeded')).toBe('http://r/?a=b&status=400&message=max%20file%20count%20exceeded');
    expect(redirectTarget('http://r/', 201, '')).toBe('http://r/?status=201&message=');
  });
});
