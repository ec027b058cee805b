import { Injectable } from '@nestjs/common';
import { isTrue, type BodyOf, type QueryOf, type VersionNumber } from '@virga/contract';
import { hypervisors, services } from '@virga/contracts-compute';
import { Invalid, isUuid, NotFound, raise, ownEntry, type Caller } from '@virga/kernel';
import { Database, type Reader } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { HOST_BINARY, HostRecordsRepository, type HostRecord } from '../hypervisors/index.js';
import { numericId } from '../wire/index.js';
import { ServiceActionInvalid, ServiceUnknown, type ServiceSetting } from './service.js';
import { ServicesRepository } from './services.repository.js';

type OldUpdate = BodyOf<typeof services.actOnService>;
type Update = BodyOf<typeof services.updateService>;

const ALL = { limit: undefined, after: undefined, pattern: undefined, withServers: false };

/** What each word in the path of the older update means. Throws where the body lacks what it needs. */
const actions: Readonly<Record<string, (body: OldUpdate, version: VersionNumber) => ServiceSetting>> = {
  enable: () => ({ isDisabled: false, disabledReason: null }),
  disable: () => ({ isDisabled: true, disabledReason: null }),
  'disable-log-reason': ({ disabled_reason: reason }) => (reason === undefined ? raise(new ServiceActionInvalid('Missing disabled reason field')) : { isDisabled: true, disabledReason: reason }),
  'force-down': ({ forced_down: forced }) => ({ isForcedDown: isTrue(forced) ?? raise(new ServiceActionInvalid('Missing forced_down field')) }),
};

@Injectable()
export class ServicesService {
  constructor(
    private readonly db: Database,
    private readonly hosts: HostRecordsRepository,
    private readonly services: ServicesRepository,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, { host, binary }: QueryOf<typeof services.listServices>): Promise<HostRecord[]> {
    this.policy.require(caller, services.listServices.policy);
    if (binary !== undefined && binary !== HOST_BINARY) return [];
    const found = await this.hosts.page(this.db, ALL);
    return host === undefined ? found : found.filter(({ name }) => name === host);
  }

  /** The older form: the path says what to do, the body which service. Answers what was set. */
  async act(caller: Caller, action: string, body: OldUpdate, version: VersionNumber): Promise<ServiceSetting> {
    this.policy.require(caller, services.actOnService.policy);
    const settingOf = ownEntry(actions, action);
    if (settingOf === undefined) throw new NotFound('compute.service.action', 'Unknown action');
    if (body.binary !== HOST_BINARY) {
      throw new Invalid('compute.service.unchangeable', `Updating a ${body.binary} service is not supported. Only ${HOST_BINARY} services can be updated.`);
    }
    const setting = settingOf(body, version);
    const host = await this.hosts.find(this.db, { name: body.host }) ?? raise(new ServiceUnknown(`${body.host} binary ${body.binary}`));
    await this.db.transaction((tx) => this.services.set(tx, host.name, setting));
    return setting;
  }

  async update(caller: Caller, id: string, update: Update): Promise<HostRecord> {
    this.policy.require(caller, services.updateService.policy);
    const setting = settingFrom(update);
    const host = await this.require(this.db, id, undefined);
    return this.db.transaction(async (tx) => {
      await this.services.set(tx, host.name, setting);
      return this.require(tx, id, undefined);
    });
  }

  async delete(caller: Caller, id: string, version: VersionNumber): Promise<void> {
    this.policy.require(caller, services.deleteService.policy);
    const host = await this.require(this.db, id, version);
    await this.db.transaction((tx) => this.services.delete(tx, host.name, host.id));
  }

  private async require(reader: Reader, id: string, version: VersionNumber | undefined): Promise<HostRecord> {
    if (version !== undefined && version < hypervisors.hypervisorVersions.uuids) {
      const number = numericId(id) ?? raise(new ServiceActionInvalid(`id must be an integer, not '${id.slice(0, 64)}'`));
      return await this.hosts.find(reader, { number }) ?? raise(new ServiceUnknown(id));
    }
    if (!isUuid(id)) throw new ServiceActionInvalid(`Invalid uuid ${id.slice(0, 64)}`);
    return await this.hosts.find(reader, { serviceId: id }) ?? raise(new ServiceUnknown(id));
  }
}

function settingFrom({ status, disabled_reason: reason, forced_down: forced }: Update): ServiceSetting {
  if (reason !== undefined && status !== 'disabled') throw new ServiceActionInvalid("Specifying disabled_reason requires that status is 'disabled'.");
  if (status === undefined && forced === undefined) throw new ServiceActionInvalid("No updates were requested. Fields 'status' or 'forced_down' should be specified.");
  const isForcedDown = isTrue(forced);
  return {
    ...(status !== undefined && { isDisabled: status === 'disabled', disabledReason: reason ?? null }),
    ...(isForcedDown !== undefined && { isForcedDown }),
  };
}
