import { endpoint, open } from '@virga/contract';

export const listVersions = endpoint({
  route: 'GET /', atRoot: true, summary: 'List the versions of the identity API', view: open({}), replies: 300, policy: 'public',
});

export const showVersion = endpoint({ route: 'GET /', summary: 'Describe this version', view: open({}), replies: 200, policy: 'public' });
