import { endpoint, T, type VersionText } from '@virga/contract';
import { Links } from './values.js';

/** The microversions that the block storage API speaks. */
export const BLOCK_STORAGE_VERSIONS: { min: VersionText; max: VersionText } = { min: '3.0', max: '3.70' };

const Version = T.Object({
  id: T.String(), status: T.String(), version: T.String(), min_version: T.String(), updated: T.String(), links: Links,
  'media-types': T.Array(T.Object({ base: T.String(), type: T.String() })),
});
const Versions = T.Object({ versions: T.Array(Version) });

/** Cinder answers 300 at its root: there were several versions to choose from once. */
export const listVersions = endpoint({
  route: 'GET /', atRoot: true, summary: 'The API versions that are served here.', view: Versions, replies: 300, policy: 'public',
});

export const showVersion = endpoint({
  route: 'GET /v3', atRoot: true, summary: 'About version 3 and its microversions.', view: Versions, replies: 200, policy: 'public',
});
