/** What an operation is done to. */
export type OperationNoun = 'service' | 'account' | 'container' | 'object';

/**
 * Who may do it. `everybody`: no token is asked for. `reader`: who reads the account by role or the account's ACL. `listing`, `reading`,
 * `writing`: these and whom the container's ACL names. `owner`: the operator roles in the account's project. `reseller`: nobody else.
 */
export type Needs = 'everybody' | 'reader' | 'listing' | 'reading' | 'writing' | 'owner' | 'reseller';

export interface SwiftOperation {
  method: string;
  noun: OperationNoun;
  path: string;
  needs: Needs;
  summary: string;
}

const account = '/v1/{account}';
const container = `${account}/{container}`;
const object = `${container}/{object}`;

const operation = (method: string, noun: OperationNoun, path: string, needs: Needs, summary: string): SwiftOperation => ({ method, noun, path, needs, summary });

/** Every operation of the API: the methods that each noun takes, the authorization tests and the reference come from this table. */
export const operations = {
  showInfo: operation('GET', 'service', '/info', 'everybody', 'What this service can do, and its limits'),
  showHealth: operation('GET', 'service', '/healthcheck', 'everybody', 'Whether the service is well'),
  showCrossDomainPolicy: operation('GET', 'service', '/crossdomain.xml', 'everybody', 'Which pages\' plug-ins may read'),
  listEndpoints: operation('GET', 'service', '/endpoints/{account}/{container}/{object}', 'everybody', 'Where a thing is served'),
  listContainers: operation('GET', 'account', account, 'reader', 'The account\'s headers and containers'),
  headAccount: operation('HEAD', 'account', account, 'reader', 'The account\'s headers'),
  updateAccount: operation('POST', 'account', account, 'owner', 'Sets and removes headers'),
  accountOptions: operation('OPTIONS', 'account', account, 'everybody', 'The methods'),
  createAccount: operation('PUT', 'account', account, 'owner', 'Makes the account, or sets and removes headers'),
  deleteAccount: operation('DELETE', 'account', account, 'reseller', 'Removes an account without containers'),
  listObjects: operation('GET', 'container', container, 'listing', 'The container\'s headers and objects'),
  headContainer: operation('HEAD', 'container', container, 'listing', 'The container\'s headers'),
  createContainer: operation('PUT', 'container', container, 'owner', 'Makes a container, or sets and removes headers'),
  updateContainer: operation('POST', 'container', container, 'owner', 'Sets and removes headers'),
  deleteContainer: operation('DELETE', 'container', container, 'owner', 'Removes an empty container'),
  containerOptions: operation('OPTIONS', 'container', container, 'everybody', 'The methods, and what a page of another origin may do'),
  readObject: operation('GET', 'object', object, 'reading', 'The object\'s headers and bytes, or ranges of them'),
  headObject: operation('HEAD', 'object', object, 'reading', 'The object\'s headers'),
  putObject: operation('PUT', 'object', object, 'writing', 'Makes or replaces an object, of a body or (X-Copy-From) of another object'),
  updateObject: operation('POST', 'object', object, 'writing', 'Replaces the object\'s headers'),
  deleteObject: operation('DELETE', 'object', object, 'writing', 'Removes the object'),
  objectOptions: operation('OPTIONS', 'object', object, 'everybody', 'The methods, and what a page of another origin may do'),
  copyObject: operation('COPY', 'object', object, 'reading', 'Copies the object to Destination, which needs writing there'),
} as const satisfies Record<string, SwiftOperation>;

/** The methods of a noun, in the table's order. */
export function methodsOf(noun: OperationNoun): string[] {
  return Object.values(operations).filter((entry) => entry.noun === noun).map(({ method }) => method);
}

const WHO: Readonly<Record<Needs, string>> = {
  everybody: 'everybody',
  reader: 'who owns or reads the account',
  listing: 'who owns or reads the account, and whom X-Container-Read lets list',
  reading: 'who owns or reads the account, and whom X-Container-Read names',
  writing: 'who owns the account, and whom X-Container-Write names',
  owner: 'who owns the account',
  reseller: 'the ResellerAdmin',
};

/** The table of operations as a page. */
export function swiftReference(): string {
  const rows = Object.values(operations).map(({ method, path, summary, needs }) => `| \`${method} ${path}\` | ${summary} | ${WHO[needs]} |`);
  return [
    '# Object storage: Swift v1', '',
    'Generated from the table of operations. The ResellerAdmin may do everything; who owns an account (the operator roles in its project), who reads it',
    '(reader roles there, system readers) and an account\'s own ACL (X-Account-Access-Control) are explained in the guide for operators.', '',
    '| operation | what it does | who may |', '|---|---|---|', ...rows, '',
  ].join('\n');
}
