import type { WorkerPool } from './worker-pool.ts'

const EVERY_MS = 1000

/** Watches the total rate of a target; above the limit the busiest worker ends its largest test. Returns what stops it. */
export function guardRate(pool: WorkerPool, bitsPerSecond: number): () => void {
  let before = new Map<number, number>()
  let beforeAt = performance.now()
  const check = async (): Promise<void> => {
    const usages = await pool.usage()
    const now = performance.now()
    const moved = usages.map(({ worker, usage }) => {
      const bytes = usage.sentBytes + usage.receivedBytes
      return { worker, pid: usage.pid, bytes, delta: bytes - (before.get(usage.pid) ?? 0) }
    })
    const rate = (moved.reduce((sum, { delta }) => sum + delta, 0) * 8000) / (now - beforeAt)
    before = new Map(moved.map(({ pid, bytes }) => [pid, bytes]))
    beforeAt = now
    const [busiest] = moved.sort((a, b) => b.delta - a.delta)
    if (rate > bitsPerSecond && busiest !== undefined) pool.send(busiest.worker, { kind: 'shed' })
  }
  const timer = setInterval(() => void check(), EVERY_MS)
  return () => clearInterval(timer)
}
