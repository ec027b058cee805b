import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { Agent, createServer, request as ask, type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { guestMetadata } from '@virga/contracts-compute';
import type { Logger } from '@virga/observability';

export interface MetadataForwarderOptions {
  /** The unix socket that the networks' proxies send to. */
  socket: string;
  /** The metadata API of the compute service. */
  computeUrl: string;
  /** The group of the proxies, who alone may reach the socket; absent: only this process's user. */
  proxyGroupId?: number;
  host: string;
  /** This host's own key. */
  key: string;
  logger: Logger;
}

/** What a guest may send along; whatever names it is written by us. */
const PASSED_ON = ['accept', 'content-type', 'content-length', 'user-agent', 'x-aws-ec2-metadata-token', 'x-aws-ec2-metadata-token-ttl-seconds'];
const DEADLINE_MS = 20_000;

/**
 * Passes guests' metadata requests on to compute.
 *
 * A network's proxy writes the network's id and the guest's address into the request and removes what the guest wrote in
 * their place; only the proxies can reach the socket. The forwarder signs both, so compute believes the host, not the guest.
 */
export class MetadataForwarder {
  private readonly server: Server;
  private readonly connections = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(private readonly options: MetadataForwarderOptions) {
    this.server = createServer((request, reply) => this.forward(request, reply));
  }

  async listen(): Promise<void> {
    const { socket, proxyGroupId } = this.options;
    await mkdir(dirname(socket), { recursive: true });
    await rm(socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(socket, resolve);
    });
    if (proxyGroupId !== undefined) await chown(socket, process.getuid?.() ?? 0, proxyGroupId);
    await chmod(socket, 0o660);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.connections.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private forward(request: IncomingMessage, reply: ServerResponse): void {
    const headers = this.signed(request);
    if (headers === undefined) {
      reply.writeHead(400).end();
      return;
    }
    const onward = ask(new URL(request.url ?? '/', this.options.computeUrl), { method: request.method, headers, agent: this.connections, timeout: DEADLINE_MS });
    onward.on('response', (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    onward.on('timeout', () => onward.destroy(new Error('the metadata service does not answer')));
    onward.on('error', (error) => this.failed(reply, error));
    request.pipe(onward);
  }

  private signed(request: IncomingMessage): OutgoingHttpHeaders | undefined {
    const networkId = request.headers['x-virga-network-id'];
    const address = request.headers['x-forwarded-for'];
    if (typeof networkId !== 'string' || typeof address !== 'string' || request.url?.startsWith('/') !== true) return undefined;
    const { host, key } = this.options;
    const signature = guestMetadata.guestRequestSignature(key, { host, networkId, address });
    return {
      ...Object.fromEntries(PASSED_ON.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]]]))),
      'x-virga-network-id': networkId, 'x-forwarded-for': address, 'x-virga-host': host, 'x-virga-signature': signature,
    };
  }

  private failed(reply: ServerResponse, error: Error): void {
    this.options.logger.warn('metadata request not forwarded', { error });
    // Guests ask again: cloud-init takes 503 for "not yet".
    if (reply.headersSent) reply.destroy();
    else reply.writeHead(503, { 'retry-after': '2' }).end();
  }
}
