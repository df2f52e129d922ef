import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { realServer } from './real-server.ts'
import { routedPath } from './routed-path.ts'

const SECONDS = 2
const RATE_MBIT = 100
/** Ethernet frames count for the shaper: 1448 bytes of payload in each 1514. */
export const GOODPUT = (RATE_MBIT * 1e6 * 1448) / 1514

const run = promisify(execFile)

/** Payload rate after the first half second, as the client's own report tells it; the same for both clients. */
export async function received(client: 'netfair' | 'iperf3', direction: 'download' | 'upload'): Promise<number> {
  using path = routedPath(RATE_MBIT)
  await using server = await realServer((command) => path.at('server', command), path.serverAddress)
  const [host = '', port = ''] = server.address.split(':')
  const iperf3 = ['iperf3', '-c', host, '-p', port, '-J', '-t', String(SECONDS), '-O', '1', ...(direction === 'download' ? ['-R'] : [])]
  const request = { address: server.address, direction, limit: { seconds: SECONDS }, omitSeconds: 1 }
  const netfair = [process.execPath, fileURLToPath(new URL('print-report.ts', import.meta.url)), JSON.stringify(request)]
  const [program, ...args] = path.at('client', client === 'iperf3' ? iperf3 : netfair)
  const { stdout } = await run(program, args, { maxBuffer: 1 << 26 })
  return JSON.parse(stdout).end.sum_received.bits_per_second as number
}
