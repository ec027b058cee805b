import { createHash } from 'node:crypto';
import { Conflict, Invalid, newHexId } from '@virga/kernel';

export interface Credential {
  id: string;
  userId: string;
  projectId: string | null;
  type: string;
  /** What is kept: encrypted wherever it is stored. */
  blob: string;
  extra: Readonly<Record<string, unknown>>;
}

export class CredentialExists extends Conflict {
  constructor() {
    super('identity.credential.exists', 'There is already a credential with this access key.');
  }
}

/** The id of a new credential: for EC2 the hash of its access key, so that it can be found by it; else random. */
export function credentialId(type: string, blob: string): string {
  if (type !== 'ec2') return newHexId();
  const access = accessOf(blob);
  if (access === undefined) throw new Invalid('identity.credential.blob', "The blob of an EC2 credential is a JSON object with 'access' and 'secret'.");
  return createHash('sha256').update(access).digest('hex');
}

function accessOf(blob: string): string | undefined {
  try {
    const { access } = JSON.parse(blob) as { access?: unknown };
    return typeof access === 'string' ? access : undefined;
  } catch {
    return undefined;
  }
}

export function requireProject(type: string, projectId: string | null): void {
  if (type === 'ec2' && projectId === null) throw new Invalid('identity.credential.project', 'An EC2 credential needs a project.');
}
