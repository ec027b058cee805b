import { NotFound } from '@virga/kernel';

export interface SubnetUse {
  subnet_id: string;
  subnet_name: string;
  cidr: string;
  ip_version: number;
  total_ips: number;
  used_ips: number;
}

/** How many addresses of a network's pools are used. */
export interface NetworkUse {
  id: string;
  name: string;
  project_id: string;
  subnets: SubnetUse[];
}

/** There is no such network whose use could be told. */
export class NetworkNotFound extends NotFound {
  constructor(id: string) {
    super('network.network.not-found', `Network ${id} could not be found.`);
  }
}
