import { endpoint, open, T } from '@virga/contract';
import { anyScopeRule } from './rules.js';
import { Token } from './tokens.contract.js';

const Text = T.String({ maxLength: 65_535 });
const Values = T.Record(T.String(), T.Union([Text, T.Integer()]));

/** A request as a service got it: what its signature was made of. What a signature needs depends on its version; what is missing refuses it. */
const SignedRequest = open({
  access: T.Optional(T.String({ maxLength: 1_024 })), signature: T.Optional(T.String({ maxLength: 1_024 })), verb: T.Optional(T.String({ maxLength: 32 })),
  host: T.Optional(T.String({ maxLength: 1_024 })), path: T.Optional(Text), params: T.Optional(Values), headers: T.Optional(Values), body_hash: T.Optional(T.String({ maxLength: 1_024 })),
});

/** A text that was signed (base64) and its signature. */
const SignedText = open({
  access: T.Optional(T.String({ maxLength: 1_024 })), signature: T.Optional(T.String({ maxLength: 1_024 })), token: T.Optional(Text),
});

/** Keystone takes the same under any of three names, and its clients use all of them. */
const underAnyName = <Schema extends typeof SignedRequest | typeof SignedText>(schema: Schema) =>
  open({ credentials: T.Optional(schema), credential: T.Optional(schema), ec2Credentials: T.Optional(schema) });

// Keystone lets administrators ask too. Who checks signatures is a service: an administrator has nothing to check, and a signature
// seen somewhere must not become a token in more hands than need be.
const SERVICE = 'rule:service_role';

export const createEc2Token = endpoint({
  route: 'POST /ec2tokens', summary: 'Get a token for a request signed with an access key (AWS signature version 1, 2 or 4)', body: underAnyName(SignedRequest), view: Token, replies: 200,
  policy: anyScopeRule('ec2tokens_validate', 'Check the signature of a request and get a token for it.', SERVICE), fails: ['token.refused'],
});
export const createS3Token = endpoint({
  route: 'POST /s3tokens', summary: 'Check the signature of a text signed with an access key (AWS signature version 1 or 4) and show whose it is', body: underAnyName(SignedText), view: Token, replies: 200,
  policy: anyScopeRule('s3tokens_validate', 'Check the signature of an S3 request and show what its access key is for.', SERVICE), fails: ['token.refused'],
});
