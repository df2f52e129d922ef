/** One run of netfair's client, for `bench/iperf3-client.ts`: takes a request as JSON, prints rate and CPU of the transfer. */
import { prepareTest } from '../src/probes/iperf3/client.ts'
import type { Iperf3Request } from '../src/probes/iperf3/request.ts'
import { localCapabilities } from '../test/probes/iperf3/local-capabilities.ts'

const request = JSON.parse(process.argv[2] ?? '') as Iperf3Request
const test = await prepareTest(request, localCapabilities(AbortSignal.timeout(60_000)))
const { startedAtMs, endedAtMs, streams, serverResults, cpu } = await test.start()
const seconds = (endedAtMs - startedAtMs) / 1000
const received = request.direction === 'download' ? streams : serverResults.streams
const bytes = received.reduce((sum, stream) => sum + stream.bytes, 0)
const cpuSeconds = ((cpu.user + cpu.system) / 100) * seconds
console.log(JSON.stringify({ bitsPerSecond: (bytes * 8) / seconds, cpuSecondsPerGB: cpuSeconds / (bytes / 1e9) }))
process.exit(0)
