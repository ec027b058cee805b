import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Cloud } from '../cloud.js';
import { secretOf, writePrivately } from '../secrets.js';
import { endpointsOf } from './demo-cloud.js';

const USERS = ['admin', 'demo'] as const;

/** What clients read to log in: clouds.yaml with both users, and a shell file for each; they hold passwords. */
export function writeClientFiles(cloud: Cloud): string {
  const { state } = cloud.directories;
  const clouds = Object.fromEntries(USERS.map((user) => [user, {
    auth: {
      auth_url: endpointsOf(cloud).identity, username: user, password: secretOf(cloud, `${user}-password`),
      project_name: user, user_domain_name: 'Default', project_domain_name: 'Default',
    },
    region_name: cloud.settings.region,
    identity_api_version: 3,
  }]));
  writePrivately(join(state, 'clouds.yaml'), stringify({ clouds }));
  writePrivately(join(state, 'openrc'), openrc(cloud, 'demo'));
  writePrivately(join(state, 'openrc-admin'), openrc(cloud, 'admin'));
  return join(state, 'clouds.yaml');
}

function openrc(cloud: Cloud, user: (typeof USERS)[number]): string {
  const variables = {
    OS_AUTH_URL: endpointsOf(cloud).identity, OS_USERNAME: user, OS_PASSWORD: secretOf(cloud, `${user}-password`),
    OS_PROJECT_NAME: user, OS_USER_DOMAIN_NAME: 'Default', OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: cloud.settings.region, OS_IDENTITY_API_VERSION: '3',
  };
  return `unset OS_CLOUD OS_TOKEN\n${Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`).join('')}`;
}
