import type { Readable } from 'node:stream';
import { formParts, parseParameters, type FormPart } from '../../forms/index.js';
import { S3Error } from '../s3-error.js';

/** A browser's form, read up to its file. */
export interface PostForm {
  /** Values by name in lower case; of two of one name, the first. */
  fields: ReadonlyMap<string, string>;
  /** The file's bytes, which are still on their way, and the name and type that the browser gave it. */
  file: { bytes: AsyncIterable<Buffer>; name: string; contentType: string | undefined };
}

/** As S3: all that comes before the file. */
const MOST_FIELD_BYTES = 20 * 1024;
const MOST_FIELDS = 200;

/** Reads the fields of a `multipart/form-data` body; what follows the file is ignored. Throws `PreconditionFailed`, `InvalidArgument`, `MaxPostPreDataLengthExceededError` and `MalformedForm`. */
export async function readForm(contentType: string | undefined, body: Readable): Promise<PostForm> {
  const fields = new Map<string, string>();
  let left = MOST_FIELD_BYTES;
  for await (const part of unclosed(formParts(body, boundaryOf(contentType)))) {
    const { name, fileName } = namesOf(part);
    if (name === 'file') return { fields, file: { bytes: part.bytes, name: fileName, contentType: part.headers.get('content-type') } };
    const value = await textOf(part, left);
    left -= value.length + name.length;
    if (!fields.has(name)) fields.set(name, value.toString());
    if (fields.size > MOST_FIELDS) throw tooLong();
  }
  throw new S3Error('InvalidArgument', { message: 'POST requires exactly one file upload per request.', fields: { ArgumentName: 'file', ArgumentValue: '0' } });
}

function boundaryOf(contentType: string | undefined): string {
  const { type, parameters } = parseParameters(contentType ?? '');
  const boundary = parameters.get('boundary') ?? '';
  if (type === 'multipart/form-data' && boundary !== '' && boundary.length <= 200) return boundary;
  throw new S3Error('PreconditionFailed', { message: 'Bucket POST must be of the enclosure-type multipart/form-data' });
}

function namesOf({ headers }: FormPart): { name: string; fileName: string } {
  const { parameters } = parseParameters(headers.get('content-disposition') ?? '');
  return { name: parameters.get('name')?.toLowerCase() ?? '', fileName: baseName(parameters.get('filename') ?? '') };
}

/** Leaves the parts open when the loop is left: the file's bytes are read afterwards. */
function unclosed<T>(parts: AsyncGenerator<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => ({ next: () => parts.next() }) };
}

async function textOf(part: FormPart, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of part.bytes) {
    length += chunk.length;
    if (length > most) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Old browsers send the whole path. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function tooLong(): S3Error {
  return new S3Error('MaxPostPreDataLengthExceededError');
}
