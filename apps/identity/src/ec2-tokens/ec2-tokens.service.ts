import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule } from '@virga/contract';
import { createEc2Token, createS3Token } from '@virga/contracts-identity';
import { accessKeyQuestion } from '@virga/identity-client';
import { CLOCK, minutes, type Caller, type Clock, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { CredentialsRepository } from '../credentials/index.js';
import { AuthenticationService, type IssuedToken } from '../tokens/index.js';
import { Refused } from '../users/index.js';
import { ec2Signatures, signedAt, type SignedRequest } from './ec2-signature.js';
import { s3Signature } from './s3-signature.js';
import { isSame } from './signature.js';

type Ec2Body = BodyOf<typeof createEc2Token>;
type S3Body = BodyOf<typeof createS3Token>;
type WrittenValues = NonNullable<NonNullable<Ec2Body['credentials']>['params']>;

/**
 * How far a request's own time may be from ours, either way. Too short: clients whose clocks are off are refused. Too long: a request
 * that was overheard can be repeated for so long.
 */
export const REQUEST_WINDOW: Duration = minutes(15);

/**
 * Checks signatures that were made with access keys and issues tokens for them.
 *
 * An unknown key and a wrong signature cost the same and are answered alike: without a key the signature is compared with that of a secret
 * which nobody knows.
 */
@Injectable()
export class Ec2TokensService {
  private readonly nobodysSecret = randomBytes(20).toString('hex');

  constructor(
    private readonly db: Database, private readonly credentials: CredentialsRepository, private readonly authentication: AuthenticationService,
    private readonly policy: Policy, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** A token for a signed request, which names its time; `Refused` for whatever is wrong with it. */
  forRequest(caller: Caller, body: Ec2Body): Promise<IssuedToken> {
    const written = body.credentials ?? body.credential ?? body.ec2Credentials ?? {};
    const request: SignedRequest = {
      access: written.access ?? '', verb: written.verb ?? '', host: written.host ?? '', path: written.path ?? '', params: texts(written.params),
      headers: texts(written.headers, (name) => name.trim().toLowerCase()), bodyHash: written.body_hash ?? '',
    };
    return this.issue(caller, createEc2Token.policy, { ...written, expected: (secret) => ec2Signatures(secret, request), isTimely: this.isTimely(request) });
  }

  /** A token for a signed text. Whoever asks has looked at the request's time: presigned requests are good for days. */
  forText(caller: Caller, body: S3Body): Promise<IssuedToken> {
    const written = body.credentials ?? body.credential ?? body.ec2Credentials ?? {};
    const text = Buffer.from(written.token ?? '', 'base64');
    return this.issue(caller, createS3Token.policy, { ...written, expected: (secret) => [s3Signature(secret, text)].filter((signature) => signature !== undefined), isTimely: written.token !== undefined });
  }

  private async issue(caller: Caller, rule: PolicyRule, claimed: Claimed): Promise<IssuedToken> {
    this.policy.require(caller, rule);
    const found = await this.credentials.findAccessKey(this.db, claimed.access ?? '');
    const signature = claimed.signature ?? '';
    const matching = claimed.expected(found?.key.secret ?? this.nobodysSecret).filter((expected) => isSame(expected, signature));
    if (found === undefined || matching.length === 0 || !claimed.isTimely) throw new Refused();
    return this.authentication.issueFor(accessKeyQuestion(found.key, found.userId, found.projectId), 'ec2credential');
  }

  private isTimely(request: SignedRequest): boolean {
    const at = signedAt(request);
    return at !== undefined && Math.abs(this.clock.now() - at) <= REQUEST_WINDOW;
  }
}

interface Claimed {
  access?: string;
  signature?: string;
  expected(secret: string): string[];
  isTimely: boolean;
}

function texts(values: WrittenValues | undefined, nameOf: (name: string) => string = (name) => name): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [nameOf(name), String(value)]));
}
