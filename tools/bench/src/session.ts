import { cpuBetween, cpuSeconds } from './cpu.js';
import { Client } from './client.js';
import { processes, type Cloud, type CloudProcess } from './cloud.js';
import { load, type Load } from './load.js';
import type { Line } from './report.js';

interface TokenBody {
  token: { catalog: { type: string; endpoints: { interface: string; url: string }[] }[]; project: { id: string }; user: { id: string } };
}

/** What the measurements share: the cloud, an administrator's token, and the lines that were measured. */
export class Session {
  readonly lines: Line[] = [];
  readonly client: Client;

  private constructor(
    readonly cloud: Cloud, readonly settingsFile: string, readonly token: string, private readonly body: TokenBody['token'],
    private readonly known: CloudProcess[],
  ) {
    this.client = new Client(128, { 'x-auth-token': token, 'openstack-api-version': 'compute 2.93' });
  }

  static async open(cloud: Cloud, settingsFile: string): Promise<Session> {
    const client = new Client(1);
    const answer = await client.send({ method: 'POST', url: `${cloud.authUrl}/auth/tokens`, body: passwordLogin(cloud, 'admin') });
    if (answer.status !== 201) throw new Error(`The identity service answered ${answer.status}.`);
    client.close();
    return new Session(cloud, settingsFile, String(answer.headers['x-subject-token']), (answer.body as TokenBody).token, processes(settingsFile));
  }

  get projectId(): string {
    return this.body.project.id;
  }

  get userId(): string {
    return this.body.user.id;
  }

  /** The public URL of a service, without a slash at its end. */
  url(type: string): string {
    const found = this.body.catalog.find((entry) => entry.type === type)?.endpoints.find((endpoint) => endpoint.interface === 'public');
    if (found === undefined) throw new Error(`The catalog has no ${type} service.`);
    return found.url.replace(/\/$/, '');
  }

  get processes(): readonly CloudProcess[] {
    return this.known;
  }

  add(line: Line): void {
    this.lines.push(line);
    process.stderr.write(`  ${line.what}: ${JSON.stringify(line.figures)}\n`);
  }

  /** Runs a load and adds its line, with the processor time that all of the cloud's processes spent on each request. */
  async measure(what: string, wanted: Load, budget?: { text: string; holds: (result: { perSecond: number; p50Ms: number; p99Ms: number }) => boolean }): Promise<void> {
    await warmUp(wanted);
    const before = cpuSeconds(this.known);
    const { requests, ...result } = await load(wanted);
    const { total } = cpuBetween(before, cpuSeconds(this.known));
    this.add({
      what, figures: { ...result, cpuMs: total * 1000 / requests },
      ...(budget && { budget: budget.text, isWithin: budget.holds(result) && result.failed === 0 }),
    });
  }
}

/** The longest warm-up in seconds. */
const MOST_WARMING = 8;

/** Asks until the service is as fast as one that has run for a while: until a second brings no more than the best before it. */
async function warmUp(wanted: Load): Promise<void> {
  let best = 0;
  for (let second = 0; second < MOST_WARMING; second++) {
    const { perSecond } = await load({ ...wanted, seconds: Math.min(1, wanted.seconds) });
    if (perSecond < best * 1.05) return;
    best = perSecond;
  }
}

export function passwordLogin(cloud: Cloud, project: string): unknown {
  const domain = { id: 'default' };
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { name: 'admin', domain, password: cloud.adminPassword } } },
      scope: { project: { name: project, domain } },
    },
  };
}
