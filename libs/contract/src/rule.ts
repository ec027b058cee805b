/** A named check in oslo.policy's language, with OpenStack's name and default. */
export interface PolicyRule {
  readonly name: string;
  readonly check: string;
  readonly describe: string;
  /** The scopes of tokens that the rule is written for; for the policy reference. */
  readonly scopes: readonly ('system' | 'domain' | 'project')[];
}

/**
 * Declares a policy rule. `check` is oslo.policy's language (`rule:`, `role:`, `attribute:%(target)s`, `and`, `or`, `not`);
 * its names and defaults are those of the service's policy reference.
 */
export function rule(
  name: string, options: { check: string; describe: string; scopes?: readonly ('system' | 'domain' | 'project')[] },
): PolicyRule {
  return { name, check: options.check, describe: options.describe, scopes: options.scopes ?? ['project'] };
}
