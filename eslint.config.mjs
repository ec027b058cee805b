import tseslint from 'typescript-eslint';

const noUntrackedTodo = { terms: ['fixme', 'xxx', 'hack'], location: 'anywhere' };
const ownClock = [
  { object: 'Date', property: 'now', message: 'Time comes from a Clock.' },
];

/** The few rules that matter (docs/adr/0001). Boundaries between projects and slices are in .dependency-cruiser.mjs. */
export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.state/**', '.nx/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    // The parser must know about decorators, or injected classes would be taken for types only.
    languageOptions: { parser: tseslint.parser, parserOptions: { emitDecoratorMetadata: true, experimentalDecorators: true } },
    plugins: { ts: tseslint.plugin },
    rules: {
      'max-lines': ['error', { max: 500, skipBlankLines: false }],
      complexity: ['error', 10],
      'no-warning-comments': ['error', noUntrackedTodo],
      'no-empty': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-restricted-properties': ['error', ...ownClock],
      'no-restricted-globals': ['error', { name: 'setInterval', message: 'Use a loop that can be stopped (libs/reconcile).' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      'no-restricted-syntax': ['error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'Settings come from libs/config.' },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes from a Clock.' },
      ],
      'ts/no-explicit-any': 'error',
      'ts/no-non-null-assertion': 'error',
      'ts/consistent-type-imports': 'error',
      'ts/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['libs/kernel/src/clock.ts', 'libs/observability/**', 'tools/**', 'deploy/**', 'e2e/**'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' },
  },
  { files: ['libs/config/**', 'libs/testing/**', '**/*.spec.ts', '**/*.conformance.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['**/*.spec.ts', '**/*.conformance.ts'], rules: { 'max-lines': ['error', 800], 'ts/no-non-null-assertion': 'off', 'no-restricted-properties': 'off' } },
);
