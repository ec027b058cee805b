import 'reflect-metadata';
import { identityMigrations } from '@virga/identity-client';
import { schemaDrift } from '@virga/persistence';
import { useDatabase } from '@virga/testing';
import { EndpointRow } from './catalog/endpoint.row.js';
import { RegionRow } from './catalog/region.row.js';
import { ServiceRow } from './catalog/service.row.js';
import { CredentialRow } from './credentials/credential.row.js';
import { GroupRow } from './groups/group.row.js';
import { PolicyDocumentRow } from './policies/policy-document.row.js';
import { ProjectRow } from './projects/project.row.js';
import { RoleRow } from './roles/role.row.js';
import { UserRow } from './users/user.row.js';

describe('the schema identity', () => {
  const rows = [EndpointRow, RegionRow, ServiceRow, CredentialRow, GroupRow, PolicyDocumentRow, ProjectRow, RoleRow, UserRow];
  const db = useDatabase({ schema: 'identity', migrations: identityMigrations, rows });

  it('is what the row classes say', async () => {
    expect(await schemaDrift(db, rows)).toEqual([]);
  });
});
