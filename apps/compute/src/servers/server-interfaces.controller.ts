import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import {
  attachServerInterface, detachServerInterface, listServerAddresses, listServerInterfaces, showServerAddresses, showServerInterface,
} from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ServerAccess } from './server-access.js';
import { ServerInterfaces } from './server-interfaces.service.js';
import { addressesOf, addressesOn, interfaceView, interfaceWish } from './server-interfaces.views.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['server_id'] as string;
const portOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['port_id'] as string;

@Controller()
export class ServerInterfacesController {
  constructor(private readonly interfaces: ServerInterfaces, private readonly access: ServerAccess) {}

  @Endpoint(listServerInterfaces)
  async list(input: InputOf<typeof listServerInterfaces>): Promise<OutputOf<typeof listServerInterfaces>> {
    return { interfaceAttachments: (await this.interfaces.list(input.caller, idOf(input))).map(interfaceView) };
  }

  @Endpoint(showServerInterface)
  async show(input: InputOf<typeof showServerInterface>): Promise<OutputOf<typeof showServerInterface>> {
    return { interfaceAttachment: interfaceView(await this.interfaces.get(input.caller, idOf(input), portOf(input))) };
  }

  @Endpoint(attachServerInterface)
  async attach(input: InputOf<typeof attachServerInterface>): Promise<OutputOf<typeof attachServerInterface>> {
    return { interfaceAttachment: interfaceView(await this.interfaces.attach(input.caller, idOf(input), interfaceWish(input.body), input.request.signal)) };
  }

  @Endpoint(detachServerInterface)
  async detach(input: InputOf<typeof detachServerInterface>): Promise<OutputOf<typeof detachServerInterface>> {
    await this.interfaces.detach(input.caller, idOf(input), portOf(input));
  }

  @Endpoint(listServerAddresses)
  async addresses(input: InputOf<typeof listServerAddresses>): Promise<OutputOf<typeof listServerAddresses>> {
    return { addresses: addressesOf(await this.access.requireDetails(input.caller, listServerAddresses.policy, idOf(input))) };
  }

  @Endpoint(showServerAddresses)
  async network(input: InputOf<typeof showServerAddresses>): Promise<OutputOf<typeof showServerAddresses>> {
    return addressesOn(await this.access.requireDetails(input.caller, showServerAddresses.policy, idOf(input)), input.params['network_label'] as string);
  }
}
