import { Injectable } from '@nestjs/common';
import type { Container, ContainerSettings } from '../../containers/index.js';
import type { MetadataChange } from '../../metadata/index.js';
import { badRequest, preconditionFailed } from '../faults/index.js';
import { decodedPath, saysYes, type ContainerRequest, type HeaderMap } from '../request/index.js';

const LOCATIONS = ['x-versions-location', 'x-history-location'] as const;

/** Which of its versions a container keeps, and where: one way or the other, never both. */
@Injectable()
export class VersioningOptions {
  /** Throws 400 where the ways are mixed, and 412 for an archive that is no container's name. */
  ofHeaders({ headers }: ContainerRequest, container: Container | undefined): { metadata: MetadataChange; settings: Partial<ContainerSettings> } {
    const metadata = locationChange(headers);
    const asked = headers['x-versions-enabled'];
    if (asked === undefined) {
      if (container?.settings.versioning !== undefined && Object.values(metadata).some((value) => value !== undefined)) {
        throw badRequest('Cannot set an archive on a container that keeps versions itself.');
      }
      return { metadata, settings: {} };
    }
    requireNoArchive(container, metadata);
    return { metadata, settings: versioningAsked(saysYes(asked), container?.settings) };
  }

  headersOf({ settings: { versioning } }: Container): Record<string, string> {
    return versioning === undefined ? {} : { 'x-versions-enabled': versioning === 'enabled' ? 'True' : 'False' };
  }
}

/** Throws 400 where object lock needs the versions. */
function versioningAsked(isWanted: boolean, present: ContainerSettings = {}): Partial<ContainerSettings> {
  if (isWanted) return { versioning: 'enabled' };
  if (present.objectLock !== undefined) throw badRequest('A container with object lock keeps versions for ever.');
  return present.versioning === undefined ? {} : { versioning: 'suspended' };
}

/** An empty location, or the removing header, ends it; a new one ends the other mode's. */
function locationChange(headers: HeaderMap): MetadataChange {
  const given = LOCATIONS.filter((name) => (headers[name] ?? '') !== '');
  if (given.length > 1) throw badRequest('Only one of X-Versions-Location or X-History-Location may be specified');
  const [location] = given;
  if (location !== undefined) {
    const value = headers[location] as string;
    requireContainerName(value);
    return { 'x-versions-location': undefined, 'x-history-location': undefined, [location]: value };
  }
  const isRemoved = LOCATIONS.some((name) => headers[name] !== undefined || (headers[name.replace('x-', 'x-remove-')] ?? '') !== '');
  return isRemoved ? { 'x-versions-location': undefined, 'x-history-location': undefined } : {};
}

function requireContainerName(value: string): void {
  const name = decodedPath(value);
  if (name === '' || name.includes('/')) throw preconditionFailed('Container name cannot contain slashes');
}

function requireNoArchive(container: Container | undefined, change: MetadataChange): void {
  const hasArchive = LOCATIONS.some((name) => (name in change ? change[name] : container?.metadata[name]) !== undefined);
  if (hasArchive) throw badRequest('Cannot enable object versioning on a container that is already using the legacy versioned writes feature.');
  if (container?.metadata['x-container-sync-to'] !== undefined) {
    throw badRequest('Cannot enable object versioning on a container configured as source of container syncing.');
  }
}
