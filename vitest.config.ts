import { defineConfig } from 'vitest/config'

/** Tests that load the host: one file at a time, after the others, or they would measure each other. */
const loading = ['test/run/sharing.test.ts', 'test/run/faults.test.ts', 'test/cli/**/*.test.ts', 'test/providers/**/*.test.ts']
const timeouts = { testTimeout: 30_000, hookTimeout: 30_000 }

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
