import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { snapshots } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { SnapshotMetadata } from './snapshot-metadata.service.js';

type Asked = { params: Readonly<Record<string, string>> };
const idOf = ({ params }: Asked): string => params['snapshot_id'] as string;
const keyOf = ({ params }: Asked): string => params['key'] as string;

@Controller()
export class SnapshotMetadataController {
  constructor(private readonly metadata: SnapshotMetadata) {}

  @Endpoint(snapshots.listSnapshotMetadata)
  async list(input: InputOf<typeof snapshots.listSnapshotMetadata>): Promise<OutputOf<typeof snapshots.listSnapshotMetadata>> {
    return { metadata: await this.metadata.list(input.caller, idOf(input)) };
  }

  @Endpoint(snapshots.addSnapshotMetadata)
  async add(input: InputOf<typeof snapshots.addSnapshotMetadata>): Promise<OutputOf<typeof snapshots.addSnapshotMetadata>> {
    return { metadata: await this.metadata.add(input.caller, idOf(input), input.body.metadata) };
  }

  @Endpoint(snapshots.replaceSnapshotMetadata)
  async replace(input: InputOf<typeof snapshots.replaceSnapshotMetadata>): Promise<OutputOf<typeof snapshots.replaceSnapshotMetadata>> {
    return { metadata: await this.metadata.replace(input.caller, idOf(input), input.body.metadata) };
  }

  @Endpoint(snapshots.showSnapshotMetadataEntry)
  async show(input: InputOf<typeof snapshots.showSnapshotMetadataEntry>): Promise<OutputOf<typeof snapshots.showSnapshotMetadataEntry>> {
    return { meta: await this.metadata.entry(input.caller, idOf(input), keyOf(input)) };
  }

  @Endpoint(snapshots.setSnapshotMetadataEntry)
  async set(input: InputOf<typeof snapshots.setSnapshotMetadataEntry>): Promise<OutputOf<typeof snapshots.setSnapshotMetadataEntry>> {
    return { meta: await this.metadata.set(input.caller, idOf(input), keyOf(input), input.body.meta) };
  }

  @Endpoint(snapshots.deleteSnapshotMetadataEntry)
  async delete(input: InputOf<typeof snapshots.deleteSnapshotMetadataEntry>): Promise<OutputOf<typeof snapshots.deleteSnapshotMetadataEntry>> {
    await this.metadata.delete(input.caller, idOf(input), keyOf(input));
  }
}
