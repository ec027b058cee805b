export { Peer, wrongRequest, type OnBehalf } from './peer.js';
export { PeersModule, NETWORK_PEER, IMAGE_PEER, BLOCK_STORAGE_PEER, type PeerUrls } from './peers.module.js';
