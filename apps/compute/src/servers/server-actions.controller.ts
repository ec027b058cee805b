import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import {
  changeServerPassword, confirmServerResize, forceDeleteServer, lockServer, pauseServer, rebootServer, rebuildServer, resetServerState, resizeServer, revertServerResize, serverVersions, showConsoleOutput, startServer, stopServer,
  unlockServer, unpauseServer,
} from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { newPassword } from './create-servers.js';
import { Rebuilds } from './rebuild.service.js';
import { Resizes } from './resizes.service.js';
import { ServerAccess } from './server-access.js';
import { powerActions, ServerActions } from './server-actions.service.js';
import { ServerChanges } from './server-changes.js';
import { ServerConsole } from './server-console.service.js';
import { consoleLines, rebootAction } from './server-actions.input.js';
import { serverView } from './servers.views.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['server_id'] as string;

@Controller()
export class ServerActionsController {
  constructor(
    private readonly actions: ServerActions,
    private readonly changes: ServerChanges,
    private readonly rebuilds: Rebuilds,
    private readonly console: ServerConsole,
    private readonly resizes: Resizes,
    private readonly access: ServerAccess,
  ) {}

  @Endpoint(rebootServer)
  async reboot(input: InputOf<typeof rebootServer>): Promise<OutputOf<typeof rebootServer>> {
    await this.actions.power(input.caller, idOf(input), rebootAction(input.body.reboot.type));
  }

  @Endpoint(startServer)
  async start(input: InputOf<typeof startServer>): Promise<OutputOf<typeof startServer>> {
    await this.actions.power(input.caller, idOf(input), powerActions.start);
  }

  @Endpoint(stopServer)
  async stop(input: InputOf<typeof stopServer>): Promise<OutputOf<typeof stopServer>> {
    await this.actions.power(input.caller, idOf(input), powerActions.stop);
  }

  @Endpoint(pauseServer)
  async pause(input: InputOf<typeof pauseServer>): Promise<OutputOf<typeof pauseServer>> {
    await this.actions.power(input.caller, idOf(input), powerActions.pause);
  }

  @Endpoint(unpauseServer)
  async unpause(input: InputOf<typeof unpauseServer>): Promise<OutputOf<typeof unpauseServer>> {
    await this.actions.power(input.caller, idOf(input), powerActions.unpause);
  }

  @Endpoint(lockServer)
  async lock(input: InputOf<typeof lockServer>): Promise<OutputOf<typeof lockServer>> {
    await this.actions.lock(input.caller, idOf(input), input.body.lock?.locked_reason ?? null);
  }

  @Endpoint(unlockServer)
  async unlock(input: InputOf<typeof unlockServer>): Promise<OutputOf<typeof unlockServer>> {
    await this.actions.unlock(input.caller, idOf(input));
  }

  @Endpoint(resetServerState)
  async resetState(input: InputOf<typeof resetServerState>): Promise<OutputOf<typeof resetServerState>> {
    await this.actions.resetState(input.caller, idOf(input), input.body['os-resetState'].state);
  }

  @Endpoint(forceDeleteServer)
  async forceDelete(input: InputOf<typeof forceDeleteServer>): Promise<OutputOf<typeof forceDeleteServer>> {
    await this.changes.delete(input.caller, forceDeleteServer.policy, idOf(input));
  }

  @Endpoint(changeServerPassword)
  async changePassword(input: InputOf<typeof changeServerPassword>): Promise<OutputOf<typeof changeServerPassword>> {
    await this.actions.changePassword(input.caller, idOf(input));
  }

  @Endpoint(rebuildServer)
  async rebuild(input: InputOf<typeof rebuildServer>): Promise<OutputOf<typeof rebuildServer>> {
    const server = await this.rebuilds.rebuild(input.caller, idOf(input), input.body.rebuild, { mayReimage: input.version >= serverVersions.reimage, signal: input.request.signal });
    const view = serverView(server, this.access.visibility(input.caller, input.version, server), input.request);
    return { server: { ...view, adminPass: input.body.rebuild.adminPass ?? newPassword(), user_data: server.userData } };
  }

  @Endpoint(resizeServer)
  async resize(input: InputOf<typeof resizeServer>): Promise<OutputOf<typeof resizeServer>> {
    await this.resizes.resize(input.caller, idOf(input), input.body.resize.flavorRef);
  }

  @Endpoint(confirmServerResize)
  async confirmResize(input: InputOf<typeof confirmServerResize>): Promise<OutputOf<typeof confirmServerResize>> {
    await this.resizes.confirm(input.caller, idOf(input));
  }

  @Endpoint(revertServerResize)
  async revertResize(input: InputOf<typeof revertServerResize>): Promise<OutputOf<typeof revertServerResize>> {
    await this.resizes.revert(input.caller, idOf(input));
  }

  @Endpoint(showConsoleOutput)
  async consoleOutput(input: InputOf<typeof showConsoleOutput>): Promise<OutputOf<typeof showConsoleOutput>> {
    const lines = consoleLines(input.body['os-getConsoleOutput'].length);
    return { output: await this.console.output(input.caller, idOf(input), lines, input.request.signal) };
  }
}
