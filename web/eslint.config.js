import { readdirSync } from 'node:fs';

import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import ts from 'typescript-eslint';

const features = readdirSync(new URL('src/features', import.meta.url));

/** Imports run one way: shared (components, lib) -> features -> app. What `files` may not import, and why. */
function boundary(files, patterns) {
  return {
    files,
    rules: {
      'no-restricted-imports': ['error', { patterns: patterns.map(([regex, message]) => ({ regex, message })) }],
    },
  };
}

const app = ['^@/app/', 'Only the app wires: a feature or a shared part must not know it.'];
const outside = [String.raw`^(\.\./){2,}`, 'Leave the folder by the @/ alias.'];
const barrel = [String.raw`(^|/)index$`, 'No barrel files: import the module itself.'];

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/lib/generated', 'screenshots', 'test-results'] },
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  a11y.flatConfigs.strict,
  hooks.configs.flat['recommended-latest'],
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'max-lines': ['error', 300],
    },
  },
  boundary(['src/app/**'], [outside, barrel]),
  boundary(
    ['src/components/**', 'src/lib/**', 'src/testing/**'],
    [app, ['^@/features/', 'Shared parts must not know a feature.'], outside, barrel],
  ),
  ...features.map((feature) =>
    boundary(
      [`src/features/${feature}/**`],
      [
        app,
        [`^@/features/(?!${feature}/)`, 'A feature must not import another: the app composes them.'],
        outside,
        barrel,
      ],
    ),
  ),
  {
    // A test that finds nothing where something must be fails all the same.
    files: ['src/**/*.test.{ts,tsx}'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    ...ts.configs.disableTypeChecked,
    languageOptions: { globals: globals.node, parserOptions: { projectService: false, program: null, project: null } },
  },
  {
    files: ['public/*.js'],
    languageOptions: { sourceType: 'script', globals: globals.browser },
    rules: { 'no-var': 'off', '@typescript-eslint/no-unused-vars': 'off' },
  },
);
