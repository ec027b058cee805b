import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@virga/kernel';
import { MalformedForm, formParts, parseParameters, type FormPart } from '../../forms/index.js';
import type { FrontReply } from '../../front/index.js';
import { badRequest, faultReply, SwiftFault } from '../faults/index.js';
import type { Answer } from '../features/answer.js';
import { statusLine } from '../bulk/report.js';
import { decodedPath, type HeaderMap, type ObjectRequest, type SwiftRequest } from '../request/index.js';
import { KeyedAccess, TempUrlKeys } from '../temp-url/index.js';
import { grantFor, isSigned, numberField, redirectTarget, type FormGrant } from './form.js';

/** What is wrong with the form as a whole or what became of its last file; the browser is told by a redirection. */
interface Outcome {
  status: number;
  message: string;
  /** Those of the last file's answer; a script of another origin must be able to read the form's answer too. */
  headers: FrontReply['headers'];
}

/** A form that is being read; its fields fill as they come. */
interface ReadableForm {
  boundary: string;
  fields: Map<string, string>;
  keys: readonly string[];
  /** The decoded path that it was posted to. */
  path: string;
}

const MAX_VALUE_BYTES = 4096;
/** Fields are held in memory, and anybody may send a form: more than these is no form that somebody filled in. */
const MAX_FIELDS = 200;

/**
 * Uploads by a web form: each file of the form becomes an object, as long as the fields before it were signed with a temporary-URL
 * key and allow it. Files are stored while the form is still coming; nothing of it is held in memory but its fields.
 */
@Injectable()
export class FormPosts {
  constructor(private readonly keys: TempUrlKeys, @Inject(CLOCK) private readonly clock: Clock) {}

  /** The answer to a form, or undefined where the request is none. */
  async answer(request: SwiftRequest, next: Answer): Promise<FrontReply | undefined> {
    const boundary = boundaryOf(request);
    if (boundary === undefined) return undefined;
    const fields = new Map<string, string>();
    const { account, container } = request.target;
    const keys = container === undefined ? [] : (await this.keys.of(account, container)).map(({ key }) => key);
    const path = decodedPath(request.front.rawPath);
    const outcome = await this.read(request, { boundary, fields, keys, path }, next).catch(inSwiftsWords);
    const headers = Object.fromEntries(Object.entries(outcome.headers).filter(([name]) => name.startsWith('access-control')));
    const redirect = fields.get('redirect') ?? '';
    // Unsigned, it would be anybody's way to send browsers elsewhere under our name.
    if (redirect !== '' && isSigned(fields, path, keys)) return redirection(redirect, outcome, headers);
    const body = statusLine(outcome.status) + (outcome.message === '' ? '' : `\r\nFormPost: ${titled(outcome.message)}`);
    return { status: outcome.status, headers: { ...headers, 'content-type': 'text/plain; charset=UTF-8' }, body };
  }

  private async read(request: SwiftRequest, { boundary, fields, keys, path }: ReadableForm, next: Answer): Promise<Outcome> {
    let outcome: Outcome = { status: 400, message: 'no files to process', headers: {} };
    let files = 0;
    for await (const part of formParts(request.body, boundary)) {
      const { type, parameters } = parseParameters(part.headers.get('content-disposition') ?? '');
      const filename = type === 'form-data' ? parameters.get('filename') ?? '' : '';
      if (filename === '') {
        await keepField(fields, parameters.get('name'), part);
        continue;
      }
      files += 1;
      if (files > numberField(fields, 'max_file_count', 'max_file_count not an integer')) {
        return { status: 400, message: 'max file count exceeded', headers: outcome.headers };
      }
      const grant = grantFor(fields, path, keys, this.clock.now() / 1000);
      const reply = await this.store(request, filename, { fields, part, grant }, next);
      outcome = { status: reply.status, message: '', headers: reply.headers };
      if (reply.status > 299) return outcome;
    }
    return outcome;
  }

  private async store(
    request: SwiftRequest, filename: string, file: { fields: ReadonlyMap<string, string>; part: FormPart; grant: FormGrant }, next: Answer,
  ): Promise<FrontReply> {
    const capped = new CappedFile(file.part.bytes, file.grant.maxFileBytes);
    const body = Readable.from(capped, { objectMode: false });
    const { account, container = '', object } = request.target;
    const upload: ObjectRequest = {
      ...request, method: 'PUT', target: { account, container, object: `${object ?? ''}${filename}` }, body, query: new URLSearchParams(),
      headers: headersOf(request.headers, file), access: new KeyedAccess('container', { account, container }),
    };
    try {
      return await next(upload);
    } catch (error) {
      if (capped.isExceeded) throw badRequest('FormPost: max_file_size exceeded');
      if (error instanceof SwiftFault) return faultReply(error, 'PUT');
      throw error;
    } finally {
      body.destroy();
    }
  }
}

/** Like all answers to forms, it says where it comes from. */
function inSwiftsWords(error: unknown): never {
  throw error instanceof MalformedForm ? badRequest(`FormPost: ${error.problem}`) : error;
}

/** The bytes of a file; more than allowed break it off. */
class CappedFile implements AsyncIterable<Buffer> {
  isExceeded = false;

  constructor(private readonly bytes: AsyncIterable<Buffer>, private readonly maxBytes: number) {}

  async* [Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const chunk of this.bytes) {
      size += chunk.length;
      if (size > this.maxBytes) {
        this.isExceeded = true;
        throw badRequest('FormPost: max_file_size exceeded');
      }
      yield chunk;
    }
  }
}

function boundaryOf({ method, headers }: SwiftRequest): string | undefined {
  if (method !== 'POST') return undefined;
  const { type, parameters } = parseParameters(headers['content-type'] ?? '');
  return type === 'multipart/form-data' ? parameters.get('boundary') : undefined;
}

/** The rest of a long value is not kept. */
async function keepField(fields: Map<string, string>, name: string | undefined, part: FormPart): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of part.bytes) {
    if (size < MAX_VALUE_BYTES) chunks.push(chunk);
    size += chunk.length;
  }
  if (fields.size >= MAX_FIELDS) throw badRequest('FormPost: too many fields');
  if (name !== undefined) fields.set(name.toLowerCase(), Buffer.concat(chunks).subarray(0, MAX_VALUE_BYTES).toString('utf8'));
}

/** A file's type and encoding are what the form's fields say, else what the browser says of the file. */
function headersOf(sent: HeaderMap, { fields, part, grant }: { fields: ReadonlyMap<string, string>; part: FormPart; grant: FormGrant }): HeaderMap {
  const contentType = fields.get('content-type') ?? part.headers.get('content-type');
  const encoding = fields.get('content-encoding') ?? part.headers.get('content-encoding');
  return {
    ...grant.headers, 'transfer-encoding': 'chunked',
    ...(sent['origin'] !== undefined && { origin: sent['origin'] }),
    ...(contentType !== undefined && { 'content-type': contentType || 'application/octet-stream' }),
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  };
}

function redirection(redirect: string, { status, message }: Outcome, headers: FrontReply['headers']): FrontReply {
  const location = redirectTarget(redirect, status, message);
  const href = location.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  return {
    status: 303,
    headers: { ...headers, location: location.replaceAll(/[\r\n]/g, ''), 'content-type': 'text/html; charset=UTF-8' },
    body: `<html><body><p><a href="${href}">Click to continue...</a></p></body></html>`,
  };
}

function titled(message: string): string {
  return message.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
