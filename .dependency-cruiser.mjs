const layer = (name, path, allowed) => ({
  name: `layer-${name}`,
  comment: `${name} may depend only on: ${allowed.join(', ')}`,
  severity: 'error',
  from: { path },
  to: { path: '^(libs|apps)/', pathNot: allowed.map((entry) => `^${entry}`) },
});

const platform = ['config', 'observability', 'policy', 'persistence', 'http', 'identity-client', 'quota', 'messaging', 'operations', 'reconcile']
  .map((name) => `libs/${name}/`);

/** What may import what (docs/adr/0001): kernel ← contract ← contracts; kernel ← ports ← drivers; apps import anything but apps. */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    layer('kernel', '^libs/kernel/', ['libs/kernel/']),
    layer('contract', '^libs/contract/', ['libs/kernel/', 'libs/contract/']),
    layer('contracts', '^libs/contracts/', ['libs/kernel/', 'libs/contract/', 'libs/contracts/']),
    layer('ports', '^libs/ports/', ['libs/kernel/', 'libs/ports/']),
    { ...layer('drivers', '^libs/drivers/', ['libs/kernel/', 'libs/ports/', 'libs/drivers/']), from: { path: '^libs/drivers/', pathNot: '\\.(spec|conformance)\\.ts$' } },
    {
      ...layer('platform', `^(${platform.join('|')})`, ['libs/kernel/', 'libs/contract/', ...platform]),
      from: { path: `^(${platform.join('|')})`, pathNot: '\\.spec\\.ts$' },
    },
    {
      name: 'no-app-to-app', severity: 'error',
      from: { path: '^apps/([^/]+)/' }, to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'agents-hold-no-database', severity: 'error', comment: 'A taken-over hypervisor holds no database password.',
      from: { path: '^apps/[^/]*-agent/', pathNot: '\\.spec\\.ts$' }, to: { path: '^(libs/(persistence|identity-client|quota|operations|reconcile)/|node_modules/(typeorm|pg)/)' },
    },
    {
      name: 'kernel-has-no-packages', severity: 'error',
      from: { path: '^libs/kernel/', pathNot: '\\.spec\\.ts$' }, to: { dependencyTypes: ['npm', 'npm-dev'] },
    },
    {
      name: 'drivers-know-no-framework', severity: 'error',
      from: { path: '^libs/drivers/' }, to: { path: 'node_modules/(@nestjs|typeorm|amqplib)/' },
    },
    {
      name: 'amqplib-only-in-messaging', severity: 'error',
      from: { pathNot: '^libs/(messaging|testing)/' }, to: { path: 'node_modules/amqplib/' },
    },
    {
      name: 'typeorm-only-in-repositories', severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '(\\.repository\\.ts|\\.row\\.ts|/migrations/|/queries/|^libs/(persistence|testing)/)' },
      to: { path: 'node_modules/typeorm/' },
    },
    {
      name: 'slices-meet-at-their-index', severity: 'error',
      from: { path: '^apps/([^/]+)/src/([^/]+)/' },
      to: { path: '^apps/([^/]+)/src/[^/]+/.', pathNot: ['^apps/$1/src/$2/', '^apps/[^/]+/src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'properties-are-tried-with-known-seeds', severity: 'error', comment: 'Import it from @virga/testing/fast-check.',
      from: { pathNot: '^libs/testing/src/fast-check\\.ts$' }, to: { path: 'node_modules/fast-check/' },
    },
    { name: 'controllers-use-services', severity: 'error', from: { path: '\\.controller\\.ts$' }, to: { path: '\\.repository\\.ts$' } },
    { name: 'repositories-know-no-services', severity: 'error', from: { path: '\\.repository\\.ts$' }, to: { path: '\\.service\\.ts$' } },
    { name: 'views-know-no-rows', severity: 'error', from: { path: '(\\.views\\.ts$|^libs/contracts/)' }, to: { path: '\\.row\\.ts$' } },
    {
      name: 'no-banned-packages', severity: 'error', from: {},
      to: { path: 'node_modules/(class-validator|class-transformer|@nestjs/event-emitter|@nestjs/schedule|lodash|moment|p-retry)/' },
    },
    { name: 'no-vague-folders', severity: 'error', from: {}, to: { path: '^(libs|apps)/.*/(utils|helpers|common|shared|misc|base)(/|\\.ts$)' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|^\\.state/)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['virga-source', 'import', 'node', 'default'] },
  },
};
