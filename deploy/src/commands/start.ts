import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { step, together } from '../../steps.mjs';
import { bringUp } from '../bring-up.js';
import type { Cloud } from '../cloud.js';
import { alone } from '../lock.js';
import { memoryOf } from '../memory.js';
import { processManager } from '../process-manager.js';

/** `npm start`: everything runs when this returns; what runs already is left alone. */
export async function start(cloud: Cloud): Promise<number> {
  const began = performance.now() - Number(process.env['VIRGA_PREPARED_IN_MS'] ?? 0);
  mkdirSync(cloud.directories.run, { recursive: true, mode: 0o711 });
  await alone(join(cloud.directories.run, 'lock'), () => bringUp(cloud, { step, together }));
  const records = await processManager(cloud).records();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`\nThe cloud is up after ${seconds} s: ${records.length} processes, ${memoryOf(records).total} MiB.`);
  console.log(whatNext(cloud));
  return 0;
}

function whatNext(cloud: Cloud): string {
  const { state } = cloud.directories;
  return `
What to type next:

  . ${join(state, 'openrc')}                 # you are the user demo of the project demo; openrc-admin makes you the operator
  openstack server create --flavor m1.nano --image virga-linux --network private first
  openstack console log show first

Any OpenStack client works (apt-get install python3-openstackclient); ${join(state, 'clouds.yaml')} serves those that read it.
npm run status, npm run logs [NAME], npm stop.`;
}
