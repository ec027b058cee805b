import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openApi, policySample, type AnyEndpoint, type PolicyRule, type VersionText } from '@virga/contract';
import { BLOCK_STORAGE_VERSIONS, blockStorageEndpoints, blockStorageRules } from '@virga/contracts-block-storage';
import { COMPUTE_VERSIONS, computeEndpoints, computeRules, placement } from '@virga/contracts-compute';
import { identityEndpoints, identityRules } from '@virga/contracts-identity';
import { imageEndpoints, imageRules } from '@virga/contracts-image';
import { networkEndpoints, networkRules } from '@virga/contracts-network';
import { s3Reference, swiftReference } from '@virga/object-storage';

interface Service {
  name: string;
  title: string;
  basePath: string;
  version?: VersionText;
  endpoints: Readonly<Record<string, AnyEndpoint>>;
  rules: readonly PolicyRule[];
}

const { placementEndpoints, placementRules, PLACEMENT_VERSIONS } = placement;

const services: Service[] = [
  {
    name: 'block-storage', title: 'Block storage service (Cinder v3)', basePath: '/v3', version: BLOCK_STORAGE_VERSIONS.max, endpoints: blockStorageEndpoints,
    rules: blockStorageRules,
  },
  { name: 'compute', title: 'Compute service (Nova v2.1)', basePath: '/v2.1', version: COMPUTE_VERSIONS.max, endpoints: computeEndpoints, rules: computeRules },
  { name: 'identity', title: 'Identity service (Keystone v3)', basePath: '/v3', endpoints: identityEndpoints, rules: identityRules },
  { name: 'image', title: 'Image service (Glance v2)', basePath: '/v2', endpoints: imageEndpoints, rules: imageRules },
  { name: 'network', title: 'Network service (Neutron v2.0)', basePath: '/v2.0', endpoints: networkEndpoints, rules: networkRules },
  { name: 'placement', title: 'Placement service', basePath: '', version: PLACEMENT_VERSIONS.max, endpoints: placementEndpoints, rules: placementRules },
];

const docs = join(import.meta.dirname, '../../docs');
const isUpdating = process.env['VIRGA_UPDATE_GENERATED'] === '1';

/** What was generated must be what the contracts say now; `npm run generate` writes it anew. */
function expectGenerated(path: string, text: string): void {
  const file = join(docs, path);
  if (isUpdating) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(readFileSync(file, 'utf8')).toBe(text);
}

describe.each(services)('the documents of $name', (service) => {
  it('describe its API as it is', () => {
    expectGenerated(`api/${service.name}.json`, `${JSON.stringify(openApi(service), null, 1)}\n`);
  });

  it('show every policy rule with its default', () => {
    expectGenerated(`policy/${service.name}.yaml`, policySample(service.name, service.rules, service.endpoints));
  });
});

it('the page of Swift\'s operations describes them as they are', () => {
  expectGenerated('api/swift.md', swiftReference());
});

it('the page of S3\'s operations describes them as they are', () => {
  expectGenerated('api/s3.md', s3Reference());
});
