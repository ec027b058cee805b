export { Peer, wrongRequest, type OnBehalf } from './peer.js';
export { PeersModule, NETWORK_PEER, IMAGE_PEER, type PeerUrls } from './peers.module.js';
