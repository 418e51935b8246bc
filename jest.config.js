const project = (name, extra = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  ...extra,
});

// These share one set of real servers that is started once per run.
const onServers = { globalSetup: '<rootDir>/test/support/servers.setup.ts', globalTeardown: '<rootDir>/test/support/servers.teardown.ts' };

// These are plants, each in a namespace of its own, on one installation of the whole product that is started once per run.
const onInstallation = { globalSetup: '<rootDir>/test/support/site.setup.ts', globalTeardown: '<rootDir>/test/support/site.teardown.ts' };

/** @type {import('jest').Config} */
export default {
  testTimeout: 60_000,
  // Not below the folder for temporary files, which is a new one for each run.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  testSequencer: '<rootDir>/test/support/slow-first.mjs',
  projects: [
    project('unit'),
    project('activities'),
    project('dev', onServers),
    project('operator', onServers),
    project('workflows', onServers),
    project('replay'),
    project('e2e', onInstallation),
    project('heavy', onServers),
  ],
};
