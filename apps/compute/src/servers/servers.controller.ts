import { Controller } from '@nestjs/common';
import { reply, type InputOf, type OutputOf } from '@virga/contract';
import {
  createServer, deleteServer, listAllProjects, listAllProjectsDetails, listServerDetails, listServers, showPlacementExplanation, showServer, updateServer,
} from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { CreateServers } from './create-servers.js';
import { explanationView } from './explanation.views.js';
import { ServerAccess } from './server-access.js';
import { ServerChanges } from './server-changes.js';
import { editFrom, newServersFrom } from './server-input.js';
import { listingOf, nextLinks } from './server-listing.js';
import { createdReply, detailedView, referenceView, serverView } from './servers.views.js';
import { ServersService } from './servers.service.js';

@Controller()
export class ServersController {
  constructor(
    private readonly servers: ServersService,
    private readonly creation: CreateServers,
    private readonly changes: ServerChanges,
    private readonly access: ServerAccess,
  ) {}

  @Endpoint(createServer)
  async create({ caller, body, request, version }: InputOf<typeof createServer>): Promise<OutputOf<typeof createServer>> {
    return createdReply(await this.creation.create(caller, newServersFrom(body, version), request.signal), request);
  }

  @Endpoint(listServers)
  async list(input: InputOf<typeof listServers>): Promise<OutputOf<typeof listServers>> {
    const found = await this.servers.references(input.caller, listingOf(input, { list: listServers.policy, allProjects: listAllProjects }));
    return { servers: found.servers.map((server) => referenceView(server, input.request)), ...nextLinks(found, input.request) };
  }

  @Endpoint(listServerDetails)
  async detail(input: InputOf<typeof listServerDetails>): Promise<OutputOf<typeof listServerDetails>> {
    const found = await this.servers.detailed(input.caller, listingOf(input, { list: listServerDetails.policy, allProjects: listAllProjectsDetails }));
    const visibility = this.access.visibility(input.caller, input.version);
    return { servers: found.servers.map((server) => detailedView(server, visibility, input.request)), ...nextLinks(found, input.request) };
  }

  @Endpoint(showServer)
  async show({ caller, params, request, version }: InputOf<typeof showServer>): Promise<OutputOf<typeof showServer>> {
    const server = await this.access.requireDetails(caller, showServer.policy, params['server_id'] as string);
    return { server: serverView(server, this.access.visibility(caller, version, server), request) };
  }

  @Endpoint(updateServer)
  async update({ caller, params, body, request, version }: InputOf<typeof updateServer>): Promise<OutputOf<typeof updateServer>> {
    const server = await this.changes.update(caller, params['server_id'] as string, editFrom(body.server));
    return { server: serverView(server, this.access.visibility(caller, version, server), request) };
  }

  @Endpoint(deleteServer)
  async delete({ caller, params }: InputOf<typeof deleteServer>): Promise<OutputOf<typeof deleteServer>> {
    await this.changes.delete(caller, deleteServer.policy, params['server_id'] as string);
    return reply(undefined);
  }

  @Endpoint(showPlacementExplanation)
  async explain({ caller, params }: InputOf<typeof showPlacementExplanation>): Promise<OutputOf<typeof showPlacementExplanation>> {
    return explanationView(await this.servers.explanation(caller, params['server_id'] as string));
  }
}
