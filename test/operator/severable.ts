import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A TCP line to a server that can be cut and healed. */
export class Severable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #whole = true;
  /** Connections that were tried while the line was cut. */
  tried = 0;

  private constructor(to: { host: string; port: number }) {
    this.#server = createServer((near) => {
      if (!this.#whole) {
        this.tried += 1;
        near.destroy();
        return;
      }
      const far = connect(to);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one
          .on('error', () => undefined)
          .on('close', () => {
            this.#sockets.delete(one);
            other.destroy();
          });
        one.pipe(other);
      }
    });
  }

  static async to(url: string): Promise<Severable> {
    const { hostname, port } = new URL(url);
    const line = new Severable({ host: hostname, port: Number(port) });
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#whole = true;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
