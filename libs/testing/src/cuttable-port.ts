import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A loopback port that passes everything on to another one until it is cut, as a broken network or a dead server would. */
export class CuttablePort {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(private readonly server: Server, private target: number) {}

  static async to(target: number): Promise<CuttablePort> {
    const server = createServer();
    const port = new CuttablePort(server, target);
    server.on('connection', (client) => port.pass(client));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return port;
  }

  get number(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection; new ones are possible at once. */
  drop(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Ends every connection and every later one, until `restore`. */
  cut(): void {
    this.isCut = true;
    this.drop();
  }

  restore(): void {
    this.isCut = false;
  }

  /** Passes later connections on to another port. */
  retarget(target: number): void {
    this.target = target;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(client: Socket): void {
    if (this.isCut) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(this.target, '127.0.0.1');
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true).on('error', () => other.destroy()).on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
