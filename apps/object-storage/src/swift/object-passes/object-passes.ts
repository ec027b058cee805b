import { Inject, Injectable } from '@nestjs/common';
import { OBJECT_PASS, readObjectPass, type ObjectPass } from '@virga/contracts-object-storage';
import { CLOCK, type Clock } from '@virga/kernel';
import { Containers } from '../../containers/index.js';
import type { Access, Deed, Standing } from '../access/access.js';
import { SwiftFault } from '../faults/index.js';
import type { Arrival } from '../features/pre-authorization.js';

/** The injection token of the key under which other services of the cloud sign passes. */
export const OBJECT_PASS_KEY = Symbol('object pass key');

const METHODS: Readonly<Record<ObjectPass['purpose'], readonly string[]>> = { read: ['GET', 'HEAD'], write: ['GET', 'HEAD', 'PUT', 'DELETE'] };
/** With these an upload would become a pointer to, or a copy of, what the pass gives no access to. */
const POINTERS = ['x-object-manifest', 'x-symlink-target', 'x-copy-from'];

/** What a pass lets in: the objects of its prefix, and nothing else that the request goes on to touch. */
class PassAccess implements Access {
  readonly caller = undefined;

  constructor(private readonly pass: ObjectPass) {}

  require({ method, account, containerName, object }: Deed): Promise<Standing> {
    const { pass } = this;
    const isInside = account === pass.account && containerName === pass.container && object !== undefined && object.startsWith(pass.prefix);
    return isInside && METHODS[pass.purpose].includes(method) ? Promise.resolve({ isOwner: false, isReseller: false }) : Promise.reject(invalid());
  }
}

/**
 * Passes of the cloud's own services: block storage keeps backups in the account of their project, and lets the storage host that
 * has the volume at the objects of one backup. The container comes with the first object, as its project's members can make it too.
 */
@Injectable()
export class ObjectPasses {
  constructor(
    private readonly containers: Containers,
    @Inject(OBJECT_PASS_KEY) private readonly key: Buffer,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The access that the request's pass proves; undefined where it has none. Throws 401, whatever is wrong with it. */
  async access(arrival: Arrival): Promise<Access | undefined> {
    const text = arrival.front.query.get(OBJECT_PASS);
    if (text === null) return undefined;
    const pass = this.passOf(text, arrival);
    if (arrival.method === 'PUT') await this.ensureContainer(pass);
    return new PassAccess(pass);
  }

  private passOf(text: string, { front, method, target, headers }: Arrival): ObjectPass {
    const { account, container, object } = target;
    // Nothing else may be asked in the query: a manifest, for example, is a pointer too.
    const isPlain = front.query.size === 1 && !POINTERS.some((name) => headers[name] !== undefined);
    if (container === undefined || object === undefined || !isPlain) throw invalid();
    const pass = readObjectPass(this.key, text, { account, container }, this.clock.now());
    if (pass === undefined || !object.startsWith(pass.prefix) || !METHODS[pass.purpose].includes(method)) throw invalid();
    return pass;
  }

  private async ensureContainer({ account, container }: ObjectPass): Promise<void> {
    if (await this.containers.find(account, container) === undefined) await this.containers.create(account, container, { metadata: {} });
  }
}

function invalid(): SwiftFault {
  return new SwiftFault(401, '401 Unauthorized: the pass is not valid\n', { headers: { 'www-authenticate': 'Swift realm="unknown"' } });
}
