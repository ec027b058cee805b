import type { AnyEndpoint } from './endpoint.js';
import type { PolicyRule } from './rule.js';

/** The commented policy.yaml that shows every rule with its default, from contracts alone. */
export function policySample(service: string, baseRules: readonly PolicyRule[], endpoints: Readonly<Record<string, AnyEndpoint>>): string {
  const uses = new Map<string, { rule: PolicyRule; routes: string[] }>();
  for (const rule of baseRules) uses.set(rule.name, { rule, routes: [] });
  for (const { spec } of Object.values(endpoints)) {
    for (const rule of [...(spec.policy === 'public' ? [] : [spec.policy]), ...(spec.alsoConsults ?? [])]) {
      const use = uses.get(rule.name) ?? { rule, routes: [] };
      use.routes.push(spec.action === undefined ? spec.route : `${spec.route} (${spec.action})`);
      uses.set(rule.name, use);
    }
  }
  const blocks = [...uses.values()].map(({ rule, routes }) => [
    `# ${rule.describe}`,
    ...routes.map((route) => `# ${route}`),
    `# Intended scope(s): ${rule.scopes.join(', ')}`,
    `#"${rule.name}": "${rule.check}"`,
  ].join('\n'));
  return [`# Policy of ${service}: every rule with its default. Uncomment and change what should differ.`, ...blocks].join('\n\n') + '\n';
}
