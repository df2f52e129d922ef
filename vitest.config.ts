import { defineConfig } from 'vitest/config'

/**
 * After the others, one file at a time: tests whose figures need the host for themselves, and tests of what killed runs leave behind,
 * which the next run that starts would remove.
 */
const alone = [
  'test/run/sharing.test.ts',
  'test/providers/local/{,plain/}{sharing,cleanup,contract}.test.ts',
  'test/providers/local/docker/*.test.ts',
  'test/cli/{cli,tiers}.test.ts',
]
// Local runs wait for each other: the time-out is that of a queue, not of one test.
// A machine that loses its cores to others for some milliseconds fails what is timed on the wire: such a test may run again.
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000, retry: 2 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...timeouts,
          name: 'library',
          include: ['test/**/*.test.ts'],
          exclude: alone,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...timeouts, name: 'host', include: alone, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
})
