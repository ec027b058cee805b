import { endpoint, T, type VersionText } from '@virga/contract';
import { Links } from './values.js';

/** The microversions that the compute API speaks. */
export const COMPUTE_VERSIONS: { min: VersionText; max: VersionText } = { min: '2.1', max: '2.93' };

const Version = T.Object({ id: T.String(), status: T.String(), version: T.String(), min_version: T.String(), updated: T.String(), links: Links, 'media-types': T.Optional(T.Unknown()) });

export const listComputeVersions = endpoint({
  route: 'GET /', atRoot: true, summary: 'The API versions that are served here.', view: T.Object({ versions: T.Array(Version) }), replies: 200, policy: 'public',
});

/** `GET /v2`: the API of old, without microversions; requests to it are served as 2.1. */
export const showComputeVersion2 = endpoint({
  route: 'GET /v2', atRoot: true, summary: 'About version 2.0.', view: T.Object({ version: Version }), replies: 200, policy: 'public',
});

export const showComputeVersion = endpoint({
  route: 'GET /v2.1', atRoot: true, summary: 'About version 2.1 and its microversions.', view: T.Object({ version: Version }), replies: 200, policy: 'public',
});
