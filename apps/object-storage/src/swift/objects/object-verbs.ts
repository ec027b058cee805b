import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { Cors } from '../cors/index.js';
import { methodNotAllowed } from '../faults/index.js';
import { methodsOf } from '../operations.js';
import type { ObjectRequest } from '../request/index.js';
import { ObjectChanges } from './object-changes.js';
import { ObjectCopies } from './object-copies.js';
import { ObjectReader } from './object-reader.js';
import { ObjectWriter } from './object-writer.js';

const METHODS = methodsOf('object');

/** What may be done to an object. */
@Injectable()
export class ObjectVerbs {
  constructor(
    private readonly reader: ObjectReader,
    private readonly writer: ObjectWriter,
    private readonly copies: ObjectCopies,
    private readonly changes: ObjectChanges,
    private readonly cors: Cors,
  ) {}

  answer(request: ObjectRequest): Promise<FrontReply> {
    return this.cors.around(request, () => this.answerPlain(request));
  }

  private async answerPlain(request: ObjectRequest): Promise<FrontReply> {
    switch (request.method) {
      case 'GET':
      case 'HEAD': return this.reader.read(request);
      case 'PUT': return (request.headers['x-copy-from'] ?? '') === '' ? this.writer.put(request) : this.copies.putFrom(request);
      case 'COPY': return this.copies.copyTo(request);
      case 'POST': return this.changes.post(request);
      case 'DELETE': return this.changes.remove(request);
      case 'OPTIONS': return this.cors.preflight(request, METHODS);
      default: throw methodNotAllowed(METHODS);
    }
  }
}
