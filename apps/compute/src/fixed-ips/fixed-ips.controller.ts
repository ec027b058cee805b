import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { addFixedIp, removeFixedIp } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { FixedIpsService } from './fixed-ips.service.js';

@Controller()
export class FixedIpsController {
  constructor(private readonly fixedIps: FixedIpsService) {}

  @Endpoint(addFixedIp)
  async add(input: InputOf<typeof addFixedIp>): Promise<OutputOf<typeof addFixedIp>> {
    await this.fixedIps.add(input, input.params['server_id'] as string, String(input.body.addFixedIp.networkId));
  }

  @Endpoint(removeFixedIp)
  async remove(input: InputOf<typeof removeFixedIp>): Promise<OutputOf<typeof removeFixedIp>> {
    await this.fixedIps.remove(input, input.params['server_id'] as string, input.body.removeFixedIp.address);
  }
}
