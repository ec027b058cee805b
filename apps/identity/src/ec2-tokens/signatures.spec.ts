import { minutes } from '@virga/kernel';
import { ec2Signatures, signedAt, type SignedRequest } from './ec2-signature.js';
import { s3Signature } from './s3-signature.js';
import { isSame } from './signature.js';

/** Of AWS's documentation. */
const EXAMPLE_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
/** The other expected values were made with keystoneclient's signer. */
const SECRET = '89cdf9e94e2643cab35b8b8ac5a51f83';
const PARAMS = { Action: 'DescribeX', AWSAccessKeyId: 'AK', Timestamp: '2025-01-01T00:00:00Z', b: "a b*~'é/+", Aa: '1' };
const BODY_HASH = 'b6359072c78d70ebee1e81adcbab4f01bf2c23245fa365ef83fe8f1f955085e2';

const request = (over: Partial<SignedRequest>): SignedRequest =>
  ({ access: 'AK', verb: 'GET', host: 'ec2.example:8773', path: '/services/Cloud', params: PARAMS, headers: {}, bodyHash: BODY_HASH, ...over });

const inHeader = (authorization = 'AWS4-HMAC-SHA256 Credential=AK/20250101/RegionOne/ec2/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=whatever') =>
  ({ 'x-amz-date': '20250101T000000Z', host: 'ec2.example:8773', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', authorization });

describe('ec2Signatures', () => {
  it('signs in version 1', () => {
    expect(ec2Signatures(SECRET, request({ params: { ...PARAMS, SignatureVersion: '1', Signature: 'not a part of it' } }))).toEqual(['M3L2I33bPBRAhv4S2KB1YPd4k/U=']);
  });

  it('signs in version 2, with the port and without', () => {
    expect(ec2Signatures(SECRET, request({ params: { ...PARAMS, SignatureVersion: '2' } }))).toEqual(['ZW7p7k9e3EPxDHYoYrgqODKPCLam8JbX8jgUW9utQOE=', 'F+hd9R8ePdAzloo+mPJ4ZMef4ZRRt89Yhh5b6S6IEV0=']);
  });

  it.each([
    ['POST', '705d9c93072474b82b8dc65fdc09d82757d416c2c6f8c65562818389e1562f2e'],
    ['GET', 'c275eace95e9be67b7632e11fcd13b301b3f7fa1f3615e67c32cd943b30bc572'],
  ])('signs a %s in version 4', (verb, signature) => {
    expect(ec2Signatures(SECRET, request({ verb, headers: inHeader() }))).toEqual([signature]);
  });

  it('signs in version 4 what says so in its parameters', () => {
    const params = {
      Action: 'X', 'X-Amz-Algorithm': 'AWS4-HMAC-SHA256', 'X-Amz-Credential': 'AK/20250101/RegionOne/ec2/aws4_request', 'X-Amz-SignedHeaders': 'host',
      'X-Amz-Date': '20250101T000000Z', 'X-Amz-Signature': 'not a part of it',
    };
    expect(ec2Signatures(SECRET, request({ params, headers: { host: 'ec2.example' } }))).toEqual(['e041c388a96feacff19ae30a55fd3dfc14ec6f1efae487273a54d54eb323b56e']);
  });

  it("signs AWS's own example", () => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8', host: 'iam.amazonaws.com', 'x-amz-date': '20150830T123600Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=',
    };
    const bodyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(ec2Signatures(EXAMPLE_SECRET.replace('/bPx', '+bPx'), request({ access: 'AKIDEXAMPLE', host: 'iam.amazonaws.com', path: '/', params: { Action: 'ListUsers', Version: '2010-05-08' }, headers, bodyHash })))
      .toEqual(['5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7']);
  });

  it.each<[string, Partial<SignedRequest>]>([
    ['no version', {}],
    ['version 0', { params: { ...PARAMS, SignatureVersion: '0' } }],
    ['another key in its claim', { access: 'other', headers: inHeader() }],
    ['a signed header that is not there', { headers: { ...inHeader(), host: undefined as unknown as string } }],
    ['another day in its scope', { headers: { ...inHeader(), 'x-amz-date': '20250102T000000Z' } }],
    ['no date', { headers: { authorization: inHeader().authorization } }],
    ['a scope that is none', { headers: inHeader('AWS4-HMAC-SHA256 Credential=AK/20250101/RegionOne/ec2, SignedHeaders=host, Signature=x') }],
    ['no claim', { headers: inHeader('AWS4-HMAC-SHA256') }],
  ])('knows none for a request with %s', (_, over) => {
    expect(ec2Signatures(SECRET, request(over))).toEqual([]);
  });
});

describe('s3Signature', () => {
  it("signs AWS's own examples in version 1 and 4", () => {
    expect(s3Signature(EXAMPLE_SECRET, Buffer.from('GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/puppy.jpg'))).toBe('qgk2+6Sv9/oM7G3qLEjTH1a1l1g=');
    const text = ['AWS4-HMAC-SHA256', '20130524T000000Z', '20130524/us-east-1/s3/aws4_request', '7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972'];
    expect(s3Signature(EXAMPLE_SECRET, Buffer.from(text.join('\n')))).toBe('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
  });

  it.each([
    'AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/ec2/aws4_request\nx', 'AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3\nx', 'AWS4-HMAC-SHA1\na\n20130524/us-east-1/s3/aws4_request\nx',
    'AWS4', 'AWS4-HMAC-SHA256\na\n20130524/us-east-1/s3/aws4_request\nx\ny',
  ])('knows none for %j', (text) => {
    expect(s3Signature(SECRET, Buffer.from(text))).toBeUndefined();
  });
});

describe('signedAt', () => {
  it.each([
    ['2025-01-01T00:00:00Z', 0], ['2025-01-01T00:00:00', 0], ['20250101T000100Z', minutes(1)], ['2025-01-01T01:00:00+01:00', 0], ['2025-01-01T01:00:00+0100', 0],
    ['2025-01-01T00:00:00.500123Z', 500], ['yesterday', undefined], ['', undefined], ['2025-13-01T00:00:00Z', undefined],
  ])('reads %j', (Timestamp, after) => {
    expect(signedAt(request({ params: { Timestamp } }))).toBe(after === undefined ? undefined : Date.parse('2025-01-01T00:00:00Z') + after);
  });
});

describe('isSame', () => {
  it('compares texts of any length', () => {
    expect([isSame('abc', 'abc'), isSame('abc', 'abd'), isSame('abc', ''), isSame('', '')]).toEqual([true, false, false, true]);
  });
});
