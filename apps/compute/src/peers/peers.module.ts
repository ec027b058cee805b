import { Module, type DynamicModule } from '@nestjs/common';
import { Peer } from './peer.js';

/** The injection tokens of the services that compute passes requests on to. */
export const NETWORK_PEER = Symbol('network peer');
export const IMAGE_PEER = Symbol('image peer');
export const BLOCK_STORAGE_PEER = Symbol('block storage peer');

export interface PeerUrls {
  network: string;
  image: string;
  blockStorage: string;
}

@Module({})
export class PeersModule {
  static forRoot({ network, image, blockStorage }: PeerUrls): DynamicModule {
    const providers = [
      { provide: NETWORK_PEER, useValue: new Peer('network', network) }, { provide: IMAGE_PEER, useValue: new Peer('image', image) },
      { provide: BLOCK_STORAGE_PEER, useValue: new Peer('block-storage', blockStorage) },
    ];
    return { module: PeersModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
