import { Inject, Injectable } from '@nestjs/common';
import { Containers, type Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Cors } from '../cors/index.js';
import { methodNotAllowed, notFound, SwiftFault } from '../faults/index.js';
import { methodsOf } from '../operations.js';
import { RateLimits } from '../../rates/index.js';
import type { ContainerRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { ContainerChanges } from './container-changes.js';
import { ContainerShowing } from './container-showing.js';

const METHODS = methodsOf('container');

/** What may be done to a container. Who may not even list it learns nothing of whether it exists. */
@Injectable()
export class ContainerVerbs {
  constructor(
    private readonly containers: Containers,
    private readonly showing: ContainerShowing,
    private readonly changes: ContainerChanges,
    private readonly cors: Cors,
    private readonly rates: RateLimits,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  answer(request: ContainerRequest): Promise<FrontReply> {
    return this.cors.around(request, () => this.answerPlain(request));
  }

  private async answerPlain(request: ContainerRequest): Promise<FrontReply> {
    const { method, target } = request;
    if (!METHODS.includes(method)) throw methodNotAllowed(METHODS);
    if (method === 'OPTIONS') return this.cors.preflight(request, METHODS);
    const container = await this.containers.find(target.account, target.container);
    const standing = await request.access.require({ method, account: target.account, containerName: target.container, container });
    if (method === 'PUT' || method === 'DELETE') await this.rates.forAccount(request.target.account, request.front.signal);
    if (method === 'PUT') return this.changes.put(request, this.named(request, container), standing);
    if (container === undefined) throw notFound();
    switch (method) {
      case 'POST': return this.changes.post(request, container, standing);
      case 'DELETE': return this.changes.remove(container);
      default: return this.showing.show(request, container, standing);
    }
  }

  private named({ target }: ContainerRequest, container: Container | undefined): Container | undefined {
    const most = this.settings.limits.maxContainerNameLength;
    const length = Buffer.byteLength(target.container);
    if (length > most) throw new SwiftFault(400, `Container name length of ${length} longer than ${most}`, { contentType: 'text/html; charset=UTF-8' });
    return container;
  }
}
