import { Controller } from '@nestjs/common';
import { isWithin, reply, type InputOf, type OutputOf, type VersionNumber } from '@virga/contract';
import { volumeMetadata as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { tagOf } from './metadata-tag.js';
import { VolumeMetadata } from './volume-metadata.service.js';

interface Metadatas {
  params: Readonly<Record<string, string>>;
  version: VersionNumber;
  request: { headers: Readonly<Record<string, string | string[] | undefined>> };
}

const idOf = ({ params }: Pick<Metadatas, 'params'>): string => params['volume_id'] as string;
const keyOf = ({ params }: Pick<Metadatas, 'params'>): string => params['key'] as string;
const isTagged = ({ version }: Pick<Metadatas, 'version'>): boolean => isWithin(version, { since: contract.METADATA_ETAGS_SINCE });
const ifMatch = (input: Metadatas): string | string[] | undefined => (isTagged(input) ? input.request.headers['if-match'] : undefined);

@Controller()
export class VolumeMetadataController {
  constructor(private readonly metadata: VolumeMetadata) {}

  @Endpoint(contract.listVolumeMetadata)
  async list(input: InputOf<typeof contract.listVolumeMetadata>): Promise<OutputOf<typeof contract.listVolumeMetadata>> {
    const metadata = await this.metadata.list(input.caller, idOf(input));
    return isTagged(input) ? reply({ metadata }, { headers: { etag: tagOf(metadata) } }) : { metadata };
  }

  @Endpoint(contract.addVolumeMetadata)
  async add(input: InputOf<typeof contract.addVolumeMetadata>): Promise<OutputOf<typeof contract.addVolumeMetadata>> {
    return { metadata: await this.metadata.add(input.caller, idOf(input), input.body.metadata) };
  }

  @Endpoint(contract.replaceVolumeMetadata)
  async replace(input: InputOf<typeof contract.replaceVolumeMetadata>): Promise<OutputOf<typeof contract.replaceVolumeMetadata>> {
    return { metadata: await this.metadata.replace(input.caller, idOf(input), input.body.metadata, ifMatch(input)) };
  }

  @Endpoint(contract.showVolumeMetadataEntry)
  async show(input: InputOf<typeof contract.showVolumeMetadataEntry>): Promise<OutputOf<typeof contract.showVolumeMetadataEntry>> {
    return { meta: await this.metadata.entry(input.caller, idOf(input), keyOf(input)) };
  }

  @Endpoint(contract.setVolumeMetadataEntry)
  async set(input: InputOf<typeof contract.setVolumeMetadataEntry>): Promise<OutputOf<typeof contract.setVolumeMetadataEntry>> {
    return { meta: await this.metadata.set(input.caller, idOf(input), keyOf(input), input.body.meta, ifMatch(input)) };
  }

  @Endpoint(contract.deleteVolumeMetadataEntry)
  async delete(input: InputOf<typeof contract.deleteVolumeMetadataEntry>): Promise<OutputOf<typeof contract.deleteVolumeMetadataEntry>> {
    await this.metadata.delete(input.caller, idOf(input), keyOf(input));
  }
}
