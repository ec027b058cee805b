import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import {
  addServerMetadata, deleteServerMetadataEntry, listServerMetadata, replaceServerMetadata, setServerMetadataEntry, showServerMetadataEntry,
} from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ServerMetadata } from './server-metadata.service.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['server_id'] as string;
const keyOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['key'] as string;

@Controller()
export class ServerMetadataController {
  constructor(private readonly metadata: ServerMetadata) {}

  @Endpoint(listServerMetadata)
  async list(input: InputOf<typeof listServerMetadata>): Promise<OutputOf<typeof listServerMetadata>> {
    return { metadata: await this.metadata.list(input.caller, idOf(input)) };
  }

  @Endpoint(addServerMetadata)
  async add(input: InputOf<typeof addServerMetadata>): Promise<OutputOf<typeof addServerMetadata>> {
    return { metadata: await this.metadata.add(input.caller, idOf(input), input.body.metadata) };
  }

  @Endpoint(replaceServerMetadata)
  async replace(input: InputOf<typeof replaceServerMetadata>): Promise<OutputOf<typeof replaceServerMetadata>> {
    return { metadata: await this.metadata.replace(input.caller, idOf(input), input.body.metadata) };
  }

  @Endpoint(showServerMetadataEntry)
  async show(input: InputOf<typeof showServerMetadataEntry>): Promise<OutputOf<typeof showServerMetadataEntry>> {
    return { meta: await this.metadata.entry(input.caller, idOf(input), keyOf(input)) };
  }

  @Endpoint(setServerMetadataEntry)
  async set(input: InputOf<typeof setServerMetadataEntry>): Promise<OutputOf<typeof setServerMetadataEntry>> {
    return { meta: await this.metadata.set(input.caller, idOf(input), keyOf(input), input.body.meta) };
  }

  @Endpoint(deleteServerMetadataEntry)
  async delete(input: InputOf<typeof deleteServerMetadataEntry>): Promise<OutputOf<typeof deleteServerMetadataEntry>> {
    await this.metadata.delete(input.caller, idOf(input), keyOf(input));
  }
}
