/** One download by netfair's client, for `bench/http-download.ts`: prints rate and CPU of the transfer, and what the probe tells. */
import { readFileSync } from 'node:fs'
import { openDownload } from '../src/agent/http-download.ts'
import { type CommonMs, commonMs } from '../src/model/units.ts'

const [url = '', bytes = '', caFile] = process.argv.slice(2)
const now = (): CommonMs => commonMs(performance.timeOrigin + performance.now())
const options = { limitBytes: Number(bytes), ...(caFile !== undefined && { ca: readFileSync(caFile, 'utf8') }) }
const download = await openDownload(url, options, { signal: AbortSignal.timeout(120_000), now, isAllowed: () => false })
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
const transfer = download.start()
await transfer.ended
const seconds = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const gigabytes = transfer.bytes / 1e9
console.log(
  JSON.stringify({ bitsPerSecond: (8e9 * gigabytes) / seconds, cpuSecondsPerGB: (user + system) / 1e6 / gigabytes, ...transfer.facts() }),
)
process.exit(0)
