import { Controller } from '@nestjs/common';
import { reply, type InputOf } from '@virga/contract';
import { volumeProxies as proxies } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { VolumeProxies } from './volume-proxies.service.js';
import { snapshotRequest, snapshotView, volumeRequest, volumeView } from './volume-proxies.views.js';

type Params = Readonly<Record<string, string>>;
const volumeOf = (params: Params): string => params['volume_id'] as string;
const snapshotOf = (params: Params): string => params['snapshot_id'] as string;

@Controller()
export class VolumeProxiesController {
  constructor(private readonly storage: VolumeProxies) {}

  @Endpoint(proxies.listProxiedVolumes)
  async list(input: InputOf<typeof proxies.listProxiedVolumes>) {
    return { volumes: (await this.storage.list(input, proxies.listProxiedVolumes.policy, 'volumes', input.query)).map(volumeView) };
  }

  @Endpoint(proxies.listProxiedVolumeDetails)
  async detail(input: InputOf<typeof proxies.listProxiedVolumeDetails>) {
    return { volumes: (await this.storage.list(input, proxies.listProxiedVolumeDetails.policy, 'volumes', input.query)).map(volumeView) };
  }

  @Endpoint(proxies.showProxiedVolume)
  async show(input: InputOf<typeof proxies.showProxiedVolume>) {
    return { volume: volumeView(await this.storage.show(input, proxies.showProxiedVolume.policy, 'volumes', volumeOf(input.params))) };
  }

  @Endpoint(proxies.createProxiedVolume)
  async create(input: InputOf<typeof proxies.createProxiedVolume>) {
    const volume = volumeView(await this.storage.create(input, proxies.createProxiedVolume.policy, 'volumes', volumeRequest(input.body)));
    return reply({ volume }, { headers: { location: `${input.request.baseUrl}/v2.1/os-volumes/${volume.id}` } });
  }

  @Endpoint(proxies.deleteProxiedVolume)
  async remove(input: InputOf<typeof proxies.deleteProxiedVolume>) {
    await this.storage.remove(input, proxies.deleteProxiedVolume.policy, 'volumes', volumeOf(input.params));
  }

  @Endpoint(proxies.listProxiedSnapshots)
  async snapshots(input: InputOf<typeof proxies.listProxiedSnapshots>) {
    return { snapshots: (await this.storage.list(input, proxies.listProxiedSnapshots.policy, 'snapshots', input.query)).map(snapshotView) };
  }

  @Endpoint(proxies.listProxiedSnapshotDetails)
  async snapshotDetails(input: InputOf<typeof proxies.listProxiedSnapshotDetails>) {
    return { snapshots: (await this.storage.list(input, proxies.listProxiedSnapshotDetails.policy, 'snapshots', input.query)).map(snapshotView) };
  }

  @Endpoint(proxies.showProxiedSnapshot)
  async showSnapshot(input: InputOf<typeof proxies.showProxiedSnapshot>) {
    return { snapshot: snapshotView(await this.storage.show(input, proxies.showProxiedSnapshot.policy, 'snapshots', snapshotOf(input.params))) };
  }

  @Endpoint(proxies.createProxiedSnapshot)
  async createSnapshot(input: InputOf<typeof proxies.createProxiedSnapshot>) {
    return { snapshot: snapshotView(await this.storage.create(input, proxies.createProxiedSnapshot.policy, 'snapshots', snapshotRequest(input.body))) };
  }

  @Endpoint(proxies.deleteProxiedSnapshot)
  async removeSnapshot(input: InputOf<typeof proxies.deleteProxiedSnapshot>) {
    await this.storage.remove(input, proxies.deleteProxiedSnapshot.policy, 'snapshots', snapshotOf(input.params));
  }
}
