import { defineConfig } from 'vitest/config'

/** End-to-end runs of many rounds or many tiers. */
const long = ['test/**/*.long.test.ts']
/** Minutes of figures that only a quiet machine gives: by hand, as `bench/`. */
const quiet = ['test/**/*.quiet.test.ts']
/** What needs the clouds' test beds. */
const clouds = [
  'test/{providers,test-bed}/{aws,gcp,azure}/**/*.test.ts',
  'test/{agent/cloud-entries,cli/clouds,run/clouds-{facts,objects,run},examples/paper-clouds}.test.ts',
]
/** 16 functions of each test bed on this host. */
const cloudFigures = ['test/run/{clouds,clouds-cost}.test.ts']
/** Tests whose figures need most of the host. */
const figures = ['test/run/{isolation,sharing}.test.ts', 'test/providers/local/sandboxes.test.ts', 'test/providers/local/sharing.test.ts']
/** Tests of what killed runs leave behind, which the next run that starts would remove: one at a time, and nothing beside them. */
const cleanup = ['test/**/cleanup.test.ts']
/** One of these counts the milliseconds of 26 functions, too. */
const longAlone = ['test/{providers/local/contract,run/contention}.long.test.ts']
/** Against Azurite and Ceph: `test/storage-servers/run`. */
const storageServers = ['test/storage-servers/*.test.ts']
const special = [...longAlone, ...storageServers, ...quiet, ...long, ...clouds, ...cloudFigures, ...figures, ...cleanup]

// A machine that loses its cores to others for some milliseconds fails what is timed on the wire: such a test may run again.
const shared = { testTimeout: 60_000, hookTimeout: 60_000, retry: 2, setupFiles: ['test/own-host-lock.ts'] }
const group = (name: string, include: readonly string[], maxWorkers: number, groupOrder: number, exclude: readonly string[] = []) => ({
  test: { ...shared, name, include: [...include], exclude: [...exclude], maxWorkers, sequence: { groupOrder } },
})

// `npm test`: library, figures, cleanup. `npm run test:clouds`, `npm run test:long`, `npm run test:quiet`: the others.
export default defineConfig({
  test: {
    projects: [
      group('library', ['test/**/*.test.ts'], 4, 0, special),
      group('figures', figures, 3, 1),
      group('cleanup', cleanup, 1, 2, clouds),
      group('clouds', clouds, 4, 3, cloudFigures),
      group('cloud-figures', cloudFigures, 1, 4),
      group('long', long, 3, 5, longAlone),
      group('long-cleanup', longAlone, 1, 6),
      group('quiet', quiet, 1, 7),
      group('storage-servers', storageServers, 1, 7),
    ],
  },
})
