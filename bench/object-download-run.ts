/**
 * The client end of `bench/object-download.ts`, bundled and run inside the client's namespace and cgroup: the transfer alone, one object
 * again and again. `node client.mjs '{"transport": …}'` prints JSON {bitsPerSecond, cpuSecondsPerGB, checksumShare}.
 */
import { createCapabilities } from '../src/agent/capabilities.ts'
import { commonMs } from '../src/model/units.ts'

const { work, times, bytes, origin, credentials, verify } = JSON.parse(process.argv[2] ?? '')
const clock = {
  now: () => commonMs(performance.timeOrigin + performance.now()),
  uncertaintyMs: () => 0,
  offsetMs: performance.timeOrigin,
  fromTarget: commonMs,
}
const capabilities = createCapabilities({
  allowedTargets: [origin],
  clock,
  signal: AbortSignal.timeout(55_000),
  objects: {
    work,
    secrets: [],
    openClient: async (...args) => (await import('../src/storage/s3/client.ts')).openS3Client(...args),
    credentials,
  },
})
const session = await capabilities.openObjects?.({ direction: 'download', verify })
if (session === undefined) throw new Error('no objects')
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
const moves = session.start()
for (let time = 0; time < times; time++) {
  const { ok, error } = await moves.move(0)
  if (!ok) throw new Error(`${error?.code}: ${error?.message}`)
}
const seconds = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
moves.stop()
session.close()
const figures = {
  bitsPerSecond: (8 * bytes * times) / seconds,
  cpuSecondsPerGB: (user + system) / 1e6 / ((bytes * times) / 1e9),
  checksumShare: (moves.facts()['checksumSumMs'] ?? 0) / 1000 / seconds,
}
process.stdout.write(JSON.stringify(figures))
process.exit(0)
