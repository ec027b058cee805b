import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKOUT, findCloud } from './cloud.js';
import { table } from './report.js';
import { guest } from './sections/guest.js';
import { guestDisks } from './sections/guest-disks.js';
import { idle } from './sections/idle.js';
import { ObjectBench } from './sections/objects.js';
import { reads } from './sections/reads.js';
import { Servers } from './sections/servers.js';
import { SimulatedHost } from './sections/simulated-host.js';
import { tokens } from './sections/tokens.js';
import { Volumes } from './sections/volumes.js';
import { Session } from './session.js';

// Measures the running cloud of this machine: npm run bench [-- --config FILE] [--out FILE]. It makes what it needs and
// removes it again. Throughput depends on the machine; processor time per request compares between machines.
const { values } = parseArgs({ options: { config: { type: 'string', default: join(CHECKOUT, 'virga.yaml') }, out: { type: 'string', default: 'bench.json' } } });
const session = await Session.open(findCloud(values.config), values.config);

await idle(session);
await tokens(session);
const host = await SimulatedHost.join(session);
try {
  const servers = new Servers(session);
  await servers.prepare();
  const serverId = await servers.createAlone();
  await reads(session, serverId);
  await servers.createAtOnce();
  await servers.listMany();
  await servers.deleteAll();
} finally {
  await host.leave();
}
await new Volumes(session).run();
await new ObjectBench(session).run();
await guest(session);
await guestDisks(session);

console.log(table(session.lines));
writeFileSync(values.out, `${JSON.stringify(session.lines, undefined, 1)}\n`);
session.client.close();
process.exitCode = session.lines.some(({ isWithin }) => isWithin === false) ? 1 : 0;
