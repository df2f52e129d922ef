import { availableParallelism } from 'node:os'
import type { Health } from '../model/target.ts'
import { networkInterfaces } from './network-interfaces.ts'
import type { TargetClock } from './target-clock.ts'
import type { WorkerPool } from './worker-pool.ts'

/** How the whole target is doing: this process, which accepts, and its workers, which move the bytes. */
export async function health(pool: WorkerPool, clock: TargetClock): Promise<Health> {
  const usages = (await pool.usage()).map(({ usage }) => usage)
  const { user, system } = process.cpuUsage()
  return {
    epochMs: clock(),
    cores: availableParallelism(),
    processes: [{ pid: process.pid, cpuSeconds: (user + system) / 1e6 }, ...usages.map(({ pid, cpuSeconds }) => ({ pid, cpuSeconds }))],
    nic: networkInterfaces(),
    bytesSent: usages.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
    bytesReceived: usages.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
  }
}
