import { defineConfig } from 'vitest/config'

/** Tests whose figures need the host for themselves: after the others, one file at a time. */
const loading = ['test/run/sharing.test.ts', 'test/providers/local/sharing.test.ts']
// Local runs wait for each other: the time-out is that of a queue, not of one test.
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...timeouts,
          name: 'library',
          include: ['test/**/*.test.ts'],
          exclude: loading,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...timeouts, name: 'host', include: loading, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
})
