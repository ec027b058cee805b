import { isWithin, versionNumber, versionText, type VersionNumber, type VersionText } from '@virga/contract';
import { Invalid } from '@virga/kernel';
import type { Headers } from './authenticator.js';

/** How a service negotiates microversions (api-wg microversion specification). */
export interface VersionPolicy {
  /** The service type in `OpenStack-API-Version: <type> <version>`. */
  serviceType: string;
  /** An older header that means the same, for example `X-OpenStack-Nova-API-Version`. */
  legacyHeader?: string;
  min: VersionText;
  max: VersionText;
}

/** The version that a request speaks: the minimum where it says nothing. Throws 400 for malformed, 406 for unsupported ones. */
export function negotiate(policy: VersionPolicy, headers: Headers): VersionNumber {
  const asked = askedVersion(policy, headers);
  if (asked === undefined) return versionNumber(policy.min);
  if (asked === 'latest') return versionNumber(policy.max);
  const version = versionNumber(asked);
  if (!isWithin(version, { since: policy.min, until: policy.max })) {
    throw new Invalid(
      'request.version.unsupported',
      `Version ${asked} is not supported by the API. Minimum is ${policy.min} and maximum is ${policy.max}.`,
      { status: 406, details: { min_version: policy.min, max_version: policy.max } },
    );
  }
  return version;
}

function askedVersion(policy: VersionPolicy, headers: Headers): string | undefined {
  const standard = headers['openstack-api-version'];
  for (const entry of [standard].flat().flatMap((value) => value?.split(',') ?? [])) {
    const [type, version, ...rest] = entry.trim().split(/\s+/);
    if (type?.toLowerCase() !== policy.serviceType) continue;
    if (version === undefined || rest.length > 0) {
      throw new Invalid('request.version.malformed', `The OpenStack-API-Version header '${entry.trim().slice(0, 60)}' is not of the form '${policy.serviceType} VERSION'.`);
    }
    return version.toLowerCase();
  }
  const legacy = policy.legacyHeader === undefined ? undefined : headers[policy.legacyHeader.toLowerCase()];
  return [legacy].flat()[0]?.trim().toLowerCase();
}

/** The headers that tell the version of an answer; `version` undefined where negotiation failed. */
export function versionHeaders(policy: VersionPolicy, version: VersionNumber | undefined): Record<string, string> {
  const spoken = version === undefined ? undefined : versionText(version);
  return {
    vary: ['OpenStack-API-Version', ...(policy.legacyHeader === undefined ? [] : [policy.legacyHeader])].join(', '),
    ...(spoken !== undefined && { 'openstack-api-version': `${policy.serviceType} ${spoken}` }),
    ...(spoken !== undefined && policy.legacyHeader !== undefined && { [policy.legacyHeader.toLowerCase()]: spoken }),
  };
}
