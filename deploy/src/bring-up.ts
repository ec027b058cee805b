import { mkdirSync } from 'node:fs';
import type { step as Step, together as Together } from '../steps.mjs';
import { writeAppConfigs } from './app-config.js';
import { runBootstrap } from './bootstrap.js';
import type { Cloud } from './cloud.js';
import { appProcesses } from './engines/apps.js';
import { GUEST_USER, libvirtProcesses, prepareLibvirt, settleLibvirt } from './engines/libvirt.js';
import { chooseDatapath, ovnProcesses, prepareOvn, settleOvn } from './engines/ovn.js';
import { postgresProcesses, preparePostgres, settlePostgres } from './engines/postgresql.js';
import { prepareRabbit, rabbitProcesses, settleRabbit } from './engines/rabbitmq.js';
import { prepareStorage } from './engines/storage.js';
import { ensureGuestImage } from './guest-image.js';
import { withLastWords } from './last-words.js';
import { requireFreePorts } from './ports.js';
import { answers } from './probe.js';
import { processManager } from './process-manager.js';
import type { ProcessSpec } from './process-spec.js';
import { ensureSecrets } from './secrets.js';
import { writeClientFiles } from './seed/client-files.js';
import { DemoCloud } from './seed/demo-cloud.js';
import { waitUntil } from './wait.js';

/**
 * Brings a cloud up, from nothing or from wherever it is.
 *
 * Theory of operation. Each engine has three repeatable parts: `prepare` (files, before it runs), its processes (data, for
 * the supervisor), `settle` (what can only be done while it runs). All steps look first and do what is missing, so a
 * start that died or failed is simply repeated.
 */
export async function bringUp(cloud: Cloud, { step, together }: { step: typeof Step; together: typeof Together }): Promise<void> {
  await step('state directory', () => prepareState(cloud));
  const datapath = await chooseDatapath(cloud);
  await step('engines prepared', async () => {
    await Promise.all([preparePostgres(cloud), prepareOvn(cloud), prepareLibvirt(cloud)]);
    prepareRabbit(cloud);
    await prepareStorage(cloud, GUEST_USER);
  });
  const engines = [...postgresProcesses(cloud), ...rabbitProcesses(cloud), ...ovnProcesses(cloud), ...libvirtProcesses(cloud)];
  await step('engines started', () => ensureProcesses(cloud, engines));
  await together(
    step('guest image', () => ensureGuestImage(cloud)),
    step('PostgreSQL', () => withLastWords(cloud, 'postgresql', () => settlePostgres(cloud))),
    step('RabbitMQ', () => withLastWords(cloud, 'rabbitmq', () => settleRabbit(cloud))),
    step('OVN and Open vSwitch', () => withLastWords(cloud, 'openvswitch', () => settleOvn(cloud, datapath))),
    step('libvirt and QEMU', () => withLastWords(cloud, 'libvirtd', () => settleLibvirt(cloud))),
  );
  const configs = writeAppConfigs(cloud, datapath);
  await runBootstrap(configs, step);
  const apps = appProcesses(cloud, configs);
  await step('services and agents', () => startApps(cloud, apps));
  await step('client files', () => writeClientFiles(cloud));
  if (cloud.settings.demo) await seed(cloud, apps, step);
}

async function startApps(cloud: Cloud, apps: ProcessSpec[]): Promise<string> {
  const note = await ensureProcesses(cloud, apps);
  await Promise.all(apps.map((spec) => withLastWords(cloud, spec.name, () => isHealthy(spec))));
  return note;
}

const isHealthy = (spec: ProcessSpec) =>
  waitUntil(`${spec.name} is healthy`, 60, () => answers(spec.health), `npm run logs ${spec.name} shows more.`);

/** Each part needs the service that it asks; a checkout in which a service has no program yet goes without its part. */
async function seed(cloud: Cloud, apps: ProcessSpec[], step: typeof Step): Promise<void> {
  const has = (app: string) => apps.some(({ name }) => name === `virga-${app}`);
  if (!has('identity')) return;
  const demo = await DemoCloud.asAdmin(cloud);
  await step('demo project', () => demo.ensureProject());
  if (has('compute')) await step('demo flavors', () => demo.ensureFlavors());
  if (has('network')) await step('demo networks', () => demo.ensureNetworks());
  if (has('image')) await step('demo image', () => demo.ensureImage());
  if (has('compute-agent')) await step('host', () => demo.untilHostIsUp());
  if (has('storage-agent')) await step('volumes', () => demo.untilStorageIsUp());
}

function prepareState(cloud: Cloud): string {
  const { directories } = cloud;
  for (const directory of [directories.state, directories.run]) mkdirSync(directory, { recursive: true, mode: 0o711 });
  for (const directory of [directories.log, directories.config, directories.secrets, directories.images, directories.objects, directories.policy]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  const made = ensureSecrets(cloud);
  return made === 0 ? directories.state : `${directories.state}, ${made} secrets made`;
}

/** Gives the processes to their keeper; ports are looked at only for what does not run yet. */
export async function ensureProcesses(cloud: Cloud, specs: ProcessSpec[]): Promise<string> {
  const keeper = processManager(cloud);
  const running = new Set((await keeper.records()).filter(({ process }) => process !== undefined).map(({ spec }) => spec.name));
  await requireFreePorts(specs.filter(({ name }) => !running.has(name)));
  const changed = await keeper.ensure(specs);
  return changed.length === 0 ? `${specs.length} running` : `${changed.length} of ${specs.length} started`;
}
