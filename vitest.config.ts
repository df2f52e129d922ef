import { defineConfig } from 'vitest/config'

/** Tests whose figures need most of the host. */
const figures = ['test/run/{isolation,sharing}.test.ts', 'test/providers/local/{sandboxes,sharing,plain/plain}.test.ts']
/** The clouds' test beds with 16 functions each on this host: one file at a time, and nothing beside it. */
const clouds = ['test/run/{clouds,clouds-cost}.test.ts']
/** Tests of what killed runs leave behind, which the next run that starts would remove: one at a time, and nothing beside them. */
const cleanup = ['test/**/cleanup.test.ts', 'test/providers/local/{,plain/,docker/}contract.test.ts']
// A machine that loses its cores to others for some milliseconds fails what is timed on the wire: such a test may run again.
const shared = { testTimeout: 60_000, hookTimeout: 60_000, retry: 2, setupFiles: ['test/own-host-lock.ts'] }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'library',
          include: ['test/**/*.test.ts'],
          exclude: [...figures, ...clouds, ...cleanup],
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...shared, name: 'figures', include: figures, maxWorkers: 3, sequence: { groupOrder: 1 } } },
      { test: { ...shared, name: 'clouds', include: clouds, fileParallelism: false, sequence: { groupOrder: 2 } } },
      { test: { ...shared, name: 'cleanup', include: cleanup, fileParallelism: false, sequence: { groupOrder: 3 } } },
    ],
  },
})
