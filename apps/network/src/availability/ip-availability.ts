import { NotFound } from '@virga/kernel';

/** There is no such network whose use could be told. */
export class NetworkNotFound extends NotFound {
  constructor(id: string) {
    super('network.network.not-found', `Network ${id} could not be found.`);
  }
}
export { NetworkNotFound as NetworkWithoutUse };
