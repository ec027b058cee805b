import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { reply, type InputOf } from '@virga/contract';
import { guestMetadata } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { GuestMetadataService } from './guest-metadata.service.js';

@Controller()
export class GuestMetadataController {
  constructor(private readonly metadata: GuestMetadataService) {}

  @Endpoint(guestMetadata.readItem)
  async read({ query, request }: InputOf<typeof guestMetadata.readItem>) {
    const content = await this.metadata.read(request.headers, query.path);
    const type = query.path.endsWith('.json') ? 'application/json' : Buffer.isBuffer(content) ? 'application/octet-stream' : 'text/plain; charset=utf-8';
    return reply(Buffer.isBuffer(content) ? Readable.from([content], { objectMode: false }) : content, { headers: { 'content-type': type } });
  }

  @Endpoint(guestMetadata.writeItem)
  async write({ query, request }: InputOf<typeof guestMetadata.writeItem>) {
    await this.metadata.write(request.headers, query.path, request.stream);
    return reply(undefined);
  }
}
