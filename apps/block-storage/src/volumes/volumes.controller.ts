import { Controller } from '@nestjs/common';
import { isTrue, reply, type InputOf, type OutputOf } from '@virga/contract';
import { volumes as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { CreateVolumes } from './create-volumes.js';
import { VolumeAccess, targetOf } from './volume-access.js';
import { VolumeChanges } from './volume-changes.js';
import { editFrom, wishFrom } from './volume-wish.js';
import { explanationView, referenceView, volumeView } from './volumes.views.js';
import { VolumesService } from './volumes.service.js';

@Controller()
export class VolumesController {
  constructor(
    private readonly volumes: VolumesService,
    private readonly creation: CreateVolumes,
    private readonly changes: VolumeChanges,
    private readonly access: VolumeAccess,
  ) {}

  @Endpoint(contract.createVolume)
  async create(input: InputOf<typeof contract.createVolume>): Promise<OutputOf<typeof contract.createVolume>> {
    const volume = await this.creation.create(input.caller, wishFrom(input.body), input.request.signal);
    return { volume: volumeView({ ...volume, attachments: [] }, this.access.visibility(input.caller, targetOf(volume)), input) };
  }

  @Endpoint(contract.listVolumes)
  async list(input: InputOf<typeof contract.listVolumes>): Promise<OutputOf<typeof contract.listVolumes>> {
    const { volumes, isFull, count } = await this.volumes.references(input.caller, input);
    const links = nextLinks('volumes_links', input.request, input.caller, { isFull, last: volumes.at(-1)?.id });
    return { volumes: volumes.map((volume) => referenceView(volume, input)), ...links, ...(count !== undefined && { count }) };
  }

  @Endpoint(contract.listVolumeDetails)
  async detail(input: InputOf<typeof contract.listVolumeDetails>): Promise<OutputOf<typeof contract.listVolumeDetails>> {
    const { volumes, isFull, count } = await this.volumes.detailed(input.caller, input);
    const shows = this.access.visibility(input.caller);
    const links = nextLinks('volumes_links', input.request, input.caller, { isFull, last: volumes.at(-1)?.id });
    return { volumes: volumes.map((volume) => volumeView(volume, shows, input)), ...links, ...(count !== undefined && { count }) };
  }

  @Endpoint(contract.summarizeVolumes)
  async summarize(input: InputOf<typeof contract.summarizeVolumes>): Promise<OutputOf<typeof contract.summarizeVolumes>> {
    const { count, gibibytes, metadata } = await this.volumes.summary(input.caller, input);
    return { 'volume-summary': { total_count: count, total_size: gibibytes, metadata } };
  }

  @Endpoint(contract.showVolume)
  async show(input: InputOf<typeof contract.showVolume>): Promise<OutputOf<typeof contract.showVolume>> {
    const volume = await this.access.requireDetails(input.caller, contract.showVolume.policy, input.params['volume_id'] as string);
    return { volume: volumeView(volume, this.access.visibility(input.caller, targetOf(volume)), input) };
  }

  @Endpoint(contract.updateVolume)
  async update(input: InputOf<typeof contract.updateVolume>): Promise<OutputOf<typeof contract.updateVolume>> {
    const volume = await this.changes.update(input.caller, input.params['volume_id'] as string, editFrom(input.body));
    return { volume: volumeView(volume, this.access.visibility(input.caller, targetOf(volume)), input) };
  }

  @Endpoint(contract.deleteVolume)
  async delete({ caller, params, query }: InputOf<typeof contract.deleteVolume>): Promise<OutputOf<typeof contract.deleteVolume>> {
    const flag = (value: string | string[] | undefined): boolean => isTrue([value].flat()[0]) === true;
    await this.changes.delete(caller, params['volume_id'] as string, { isCascading: flag(query.cascade), isForced: flag(query.force) });
    return reply(undefined);
  }

  @Endpoint(contract.showVolumePlacement)
  async explain({ caller, params }: InputOf<typeof contract.showVolumePlacement>): Promise<OutputOf<typeof contract.showVolumePlacement>> {
    return explanationView(await this.volumes.explanation(caller, params['volume_id'] as string));
  }
}
