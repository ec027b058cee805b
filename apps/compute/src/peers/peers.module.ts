import { Module, type DynamicModule } from '@nestjs/common';
import { Peer } from './peer.js';

/** The injection tokens of the services that compute passes requests on to. */
export const NETWORK_PEER = Symbol('network peer');
export const IMAGE_PEER = Symbol('image peer');

export interface PeerUrls {
  network: string;
  image: string;
}

@Module({})
export class PeersModule {
  static forRoot({ network, image }: PeerUrls): DynamicModule {
    const providers = [{ provide: NETWORK_PEER, useValue: new Peer('network', network) }, { provide: IMAGE_PEER, useValue: new Peer('image', image) }];
    return { module: PeersModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
