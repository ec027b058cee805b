import type { Caller } from '@virga/kernel';

/** Who signed a request: a user in the project of the access key. */
export interface S3Caller extends Caller {
  accessKey: string;
  /** The account whose buckets the key makes and lists: `AUTH_<project id>`. */
  account: string;
}

/** How S3 names somebody: in Owner, Initiator and grants. */
export interface S3Owner {
  id: string;
  displayName: string;
}

/**
 * The S3 name of a caller: `project:user`, as Swift's s3api names Keystone's users. Names are unique only within their domain, so
 * those of other domains than the default one carry it.
 */
export function ownerOf(caller: Caller): S3Owner {
  const { scope } = caller;
  if (scope.kind !== 'project') return { id: caller.userId, displayName: caller.userName };
  const project = qualified(scope.projectName, scope.projectDomainId, scope.projectDomainName);
  const name = `${project}:${qualified(caller.userName, caller.userDomainId, caller.userDomainName)}`;
  return { id: name, displayName: name };
}

function qualified(name: string, domainId: string, domainName: string): string {
  return domainId === 'default' ? name : `${domainName}/${name}`;
}
