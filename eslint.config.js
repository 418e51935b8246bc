import { defineConfig } from 'eslint/config';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tseslint from 'typescript-eslint';

/**
 * The layout is the architecture: imports point up this list, never down. Rooms on one line may not import each other.
 * `main.ts` files are the outermost ring and may import everything.
 */
const ROOMS = [
  ['api'],
  ['domain'],
  ['contract'],
  ['workflows'],
  ['config', 'telemetry'],
  ['clients'],
  ['agent', 'source', 'relay'],
  ['activities'],
  ['workers', 'operator', 'cli'],
];

const zones = ROOMS.flatMap((rooms, level) =>
  rooms.map((room) => ({
    target: `./src/${room}/**/!(main).ts`,
    from: './src',
    except: [...ROOMS.slice(0, level).flat(), room].map((allowed) => `./${allowed}`),
    message: `src/${room} may import only ${ROOMS.slice(0, level).flat().join(', ') || 'nothing'} (imports point inward, see CONTRIBUTING.md).`,
  })),
);

const PURE = ['src/api/**/*.ts', 'src/domain/**/*.ts', 'src/contract/**/*.ts', 'src/workflows/**/*.ts'];

export default defineConfig(
  { ignores: ['dist', 'node_modules', 'coverage', '.ignition-sync-dev'] },
  tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^node:', message: 'What should happen is computed without I/O: no node modules here.' }] },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Pure code knows no environment.' },
        { name: 'Buffer', message: 'Use Uint8Array.' },
      ],
    },
  },
  {
    files: ['src/api/**/*.ts', 'src/domain/**/*.ts', 'src/contract/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'The caller passes the time in.' },
        { object: 'Math', property: 'random', message: 'The caller passes randomness in.' },
      ],
    },
  },
  {
    files: ['src/agent/**/*.ts'],
    // The disk itself, what reads by an open descriptor, the socket that is the lock, and what is not on the volume.
    ignores: ['disk-volume', 'tree', 'hash', 'writer-lock', 'space', 'relay-client', 'proof/zip', 'startup/sandbox'].map(
      (name) => `src/agent/${name}.ts`,
    ),
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^node:fs', allowTypeImports: true, message: 'The engine touches the disk through VolumeFs.' }] },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'max-lines': 'off' },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.mts'], extends: [tseslint.configs.disableTypeChecked] },
);
