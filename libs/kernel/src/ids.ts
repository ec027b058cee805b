import { randomUUID } from 'node:crypto';

declare const brand: unique symbol;

/** An identifier of one kind of thing: the compiler keeps a `ServerId` from being used as a `PortId`. */
export type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type ServerId = Id<'server'>;
export type PortId = Id<'port'>;
export type ProjectId = Id<'project'>;
export type UserId = Id<'user'>;
export type HostId = Id<'host'>;
export type VolumeId = Id<'volume'>;
export type SnapshotId = Id<'snapshot'>;
export type AttachmentId = Id<'attachment'>;

/** A random UUID with dashes, the form that compute, network, image and block storage use. */
export function newId<Kind extends string>(): Id<Kind> {
  return randomUUID() as Id<Kind>;
}

/** A random UUID without dashes, the form that Keystone uses for its own resources. */
export function newHexId<Kind extends string>(): Id<Kind> {
  return randomUUID().replaceAll('-', '') as Id<Kind>;
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Whether `text` is a UUID, with or without dashes (the services accept both). */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
