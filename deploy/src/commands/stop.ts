import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { step } from '../../steps.mjs';
import type { Cloud } from '../cloud.js';
import { stopGuests } from '../engines/libvirt.js';
import { removeExternalNetwork } from '../engines/ovn.js';
import { endLeftovers } from '../leftovers.js';
import { alone } from '../lock.js';
import { processManager } from '../process-manager.js';
import { RANK } from '../process-spec.js';

/** Long enough for a guest that listens to ACPI, short enough for one that does not. */
const GUEST_GRACE_SECONDS = 20;

/**
 * `npm stop`: ends what `npm start` started and nothing else, guests included; nothing is lost.
 *
 * The services and agents go first, so that none of them takes the end of the guests for the guests' own wish.
 */
export async function stop(cloud: Cloud): Promise<number> {
  if (!existsSync(cloud.directories.run)) {
    console.log(`No cloud runs from ${cloud.directories.state}.`);
    return 0;
  }
  await alone(join(cloud.directories.run, 'lock'), () => takeDown(cloud));
  console.log('\nThe cloud is down; its state is kept. npm start brings it up again.');
  return 0;
}

async function takeDown(cloud: Cloud): Promise<void> {
  const keeper = processManager(cloud);
  const stopFrom = async (rank: number) => `${(await keeper.stopFrom(rank)).length} stopped`;
  await step('services and agents', () => stopFrom(RANK.service));
  await step('guests', async () => `${await stopGuests(cloud, GUEST_GRACE_SECONDS)} shut down`);
  await step('engines', () => stopFrom(0));
  await step('host network', async () => { await removeExternalNetwork(cloud); });
  await step('what is left', () => endLeftovers(cloud));
  await keeper.end();
}
