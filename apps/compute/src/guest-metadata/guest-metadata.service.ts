import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { RequestFacts } from '@virga/contract';
import { Invalid, raise } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { ec2Trees } from './ec2-tree.js';
import { GuestUnknown, PasswordSet, PathUnknown, type Guest } from './guest.js';
import { GuestsRepository } from './guests.repository.js';
import { openstackTree, PASSWORD } from './openstack-tree.js';
import { vouchedFor } from './signature.js';
import { branch, contentOf, itemAt } from './tree.js';

/** The injection token of the secret that the keys of hosts are derived from. */
export const METADATA_SECRET = Symbol('metadata secret');

/** What Nova takes; room for an RSA block of 8192 bits in base64. */
const MAX_PASSWORD_BYTES = 1020;

/** Answers guests: who asks is what a host has signed, and nobody sees more than the own server's part. A host speaks for its own guests only. */
@Injectable()
export class GuestMetadataService {
  constructor(private readonly db: Database, private readonly guests: GuestsRepository, @Inject(METADATA_SECRET) private readonly secret: string) {}

  async read(headers: RequestFacts['headers'], path: string): Promise<string | Buffer> {
    const guest = await this.guest(headers);
    const steps = stepsOf(path);
    const isNova = steps[0] === 'openstack';
    const root = isNova ? openstackTree(guest) : branch(ec2Trees(guest));
    const below = isNova || steps[0] === 'ec2' ? steps.slice(1) : steps;
    const item = itemAt(root, below);
    if (item === undefined) throw new PathUnknown();
    // Versions are listed without slashes.
    return below.length === 0 && typeof item === 'object' && !Buffer.isBuffer(item) ? Object.keys(item.items).join('\n') : contentOf(item);
  }

  async write(headers: RequestFacts['headers'], path: string, content: Readable | undefined): Promise<void> {
    const guest = await this.guest(headers);
    const [service, version, name, ...rest] = stepsOf(path);
    if (service !== 'openstack' || name !== PASSWORD || rest.length > 0 || itemAt(openstackTree(guest), [version ?? '', PASSWORD]) === undefined) throw new PathUnknown();
    if (guest.password !== null) throw new PasswordSet();
    const password = await textOf(content);
    await this.db.transaction((tx) => this.guests.tellPassword(tx, guest.id, password));
  }

  private async guest(headers: RequestFacts['headers']): Promise<Guest> {
    return await this.guests.find(this.db, vouchedFor(headers, this.secret)) ?? raise(new GuestUnknown());
  }
}

function stepsOf(path: string): string[] {
  return path.split('/').filter((step) => step !== '');
}

async function textOf(content: Readable | undefined): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of content ?? []) {
    parts.push(Buffer.from(part as Uint8Array));
    size += parts.at(-1)?.length ?? 0;
    if (size > MAX_PASSWORD_BYTES) throw new Invalid('metadata.password.too-long', `A password has at most ${MAX_PASSWORD_BYTES} bytes.`);
  }
  const text = Buffer.concat(parts).toString('latin1');
  if (!/^[\x20-\x7e\s]*$/.test(text)) throw new Invalid('metadata.password.characters', 'A password is encrypted and in base64.');
  return text;
}
