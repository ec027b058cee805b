import { minutes } from '@virga/kernel';
import type { ApiAnswer, ApiRequest, Persona } from '@virga/testing';
import { caller, type TestCaller } from './call.js';
import { onProject, type IdentityWorld } from './identity-world.js';

/** What each persona is here: a user with a role on a project, all in the default domain. */
const PLACES: Record<Exclude<Persona, 'admin'>, readonly [project: string, role: string]> = {
  alice: ['demo', 'member'], amy: ['demo', 'member'], manager: ['demo', 'manager'], reader: ['demo', 'reader'], guest: ['demo', 'guest'],
  bob: ['other', 'member'], service: ['services', 'service'],
};

/** The personas as real users with real tokens, and what scenes are made of. */
export class SceneWorld {
  readonly users = new Map<string, { userId: string; projectId: string; token: string }>();
  private made = 0;
  private expired = '';

  constructor(readonly identity: IdentityWorld) {}

  async start(): Promise<void> {
    await (await this.admin()).post('/roles', 201, { role: { name: 'guest' } });
    this.expired = (await this.identity.person('alice', ...placed('alice'))).token;
    this.identity.clock.advance(minutes(61));
    for (const name of Object.keys(PLACES) as (keyof typeof PLACES)[]) this.users.set(name, await this.identity.person(name, ...placed(name)));
    const token = await this.identity.admin();
    const [admin] = await this.identity.db.sql<{ id: string; project: string }>`
      SELECT u.id, p.id AS project FROM "user" u, project p WHERE u.name = 'admin' AND p.name = 'admin'`;
    this.users.set('admin', { userId: admin?.id ?? '', projectId: admin?.project ?? '', token });
  }

  /** Sends a request of the matrix: personas come by name. */
  request(client: (request: ApiRequest) => Promise<ApiAnswer>): (request: ApiRequest) => Promise<ApiAnswer> {
    return ({ as, ...request }) => {
      const token = as === 'expired' ? this.expired : this.users.get(as ?? '')?.token;
      return client({ ...request, ...(token !== undefined && { as: token }) });
    };
  }

  userId(name: Persona): string {
    return this.users.get(name)?.userId ?? '';
  }

  projectId(name: Persona): string {
    return this.users.get(name)?.projectId ?? '';
  }

  as(name: Persona): TestCaller {
    return caller(this.identity, this.users.get(name)?.token ?? '');
  }

  /** Another token of alice's, to be looked at or revoked. */
  tokenOfAlice(): Promise<string> {
    return this.identity.login('alice', 'alice-secret', onProject('demo'));
  }

  /** A name that nothing has. */
  name(): string {
    this.made += 1;
    return `scene-${this.made}`;
  }

  /** Makes a resource as the administrator and answers its id. */
  async make(collection: string, key: string, attributes: object = {}): Promise<string> {
    return (await this.as('admin').post(`/${collection}`, 201, { [key]: attributes }))[key].id as string;
  }

  private async admin(): Promise<TestCaller> {
    return caller(this.identity, await this.identity.admin());
  }
}

function placed(name: keyof typeof PLACES): [string, string[]] {
  const [project, role] = PLACES[name];
  return [project, [role]];
}
