/** Netfair's client as a program, for tests that run it in a namespace: takes a request as JSON, prints the report of `iperf3 -J`. */
import { prepareTest } from '../../../src/probes/iperf3/client.ts'
import { iperf3Report } from '../../../src/probes/iperf3/report.ts'
import type { Iperf3Request } from '../../../src/probes/iperf3/request.ts'
import { localCapabilities } from './local-capabilities.ts'

const request = JSON.parse(process.argv[2] ?? '') as Iperf3Request
const prepared = await prepareTest(request, localCapabilities(AbortSignal.timeout(20_000)))
console.log(JSON.stringify(iperf3Report(await prepared.start())))
process.exit(0)
