import { S3Error } from '../s3-error.js';
import type { XmlNode } from '../xml/xml-reader.js';
import { xml, xmlDocument } from '../xml/xml-writer.js';

/** What an owner forbids for a bucket, whatever ACLs and policies say. */
export interface PublicAccessBlock {
  /** ACLs that let everybody in are refused. */
  blockPublicAcls: boolean;
  /** Those that are there do not count. */
  ignorePublicAcls: boolean;
  /** Policies that let everybody in are refused. */
  blockPublicPolicy: boolean;
  /** With such a policy, only the own project gets in by it. */
  restrictPublicBuckets: boolean;
}

/** Who owns what others put: `BucketOwnerEnforced` turns ACLs off. */
export type ObjectOwnership = 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter';

declare module '../../containers/container.js' {
  interface ContainerSettings {
    publicAccessBlock?: PublicAccessBlock;
    ownership?: ObjectOwnership;
  }
}

const FIELDS = {
  blockPublicAcls: 'BlockPublicAcls', ignorePublicAcls: 'IgnorePublicAcls', blockPublicPolicy: 'BlockPublicPolicy', restrictPublicBuckets: 'RestrictPublicBuckets',
} as const satisfies Record<keyof PublicAccessBlock, string>;

/** Reads a `PublicAccessBlockConfiguration`. Throws `MalformedXML`. */
export function readPublicAccessBlock(root: XmlNode): PublicAccessBlock {
  const flag = (name: string): boolean => {
    const text = root.textOf(name)?.trim().toLowerCase() ?? 'false';
    if (text !== 'true' && text !== 'false') throw new S3Error('MalformedXML');
    return text === 'true';
  };
  return {
    blockPublicAcls: flag(FIELDS.blockPublicAcls), ignorePublicAcls: flag(FIELDS.ignorePublicAcls),
    blockPublicPolicy: flag(FIELDS.blockPublicPolicy), restrictPublicBuckets: flag(FIELDS.restrictPublicBuckets),
  };
}

export function publicAccessBlockDocument(block: PublicAccessBlock): string {
  return xmlDocument('PublicAccessBlockConfiguration', (Object.keys(FIELDS) as (keyof PublicAccessBlock)[]).map((key) => xml(FIELDS[key], block[key])));
}

const OWNERSHIPS: readonly ObjectOwnership[] = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'];

/** Throws `InvalidArgument`-like answers for a name that S3 does not have. */
export function ownershipOf(text: string | undefined, refusal: () => S3Error): ObjectOwnership {
  const found = OWNERSHIPS.find((ownership) => ownership === text);
  if (found === undefined) throw refusal();
  return found;
}

/** Reads an `OwnershipControls` document. Throws `MalformedXML`. */
export function readOwnership(root: XmlNode): ObjectOwnership {
  const rules = root.all('Rule');
  if (rules.length !== 1) throw new S3Error('MalformedXML');
  return ownershipOf(rules[0]?.textOf('ObjectOwnership'), () => new S3Error('MalformedXML'));
}

export function ownershipDocument(ownership: ObjectOwnership): string {
  return xmlDocument('OwnershipControls', [xml('Rule', [xml('ObjectOwnership', ownership)])]);
}
