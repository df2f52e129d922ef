/** The uplinks of all hosts, in a thread of their own, so that the run's event loop does not disturb them and they end with the process. */
import { parentPort, workerData } from 'node:worker_threads'
import { Pump } from './pump.ts'
import { Relay } from './relay.ts'
import { Shaper } from './shaper.ts'
import type { FromUplink, ToUplink, UplinkSetup } from './uplink-message.ts'

const { policy, hosts } = workerData as UplinkSetup
const newPump = (): Pump => new Pump(new Shaper(policy, performance.now()))
const uplinks = Array.from({ length: hosts }, () => ({ download: newPump(), upload: newPump() }))
const relays = new Map<string, readonly Relay[]>()

const tell = (message: FromUplink): void => parentPort?.postMessage(message)

async function open({ name, host, targetPorts }: Extract<ToUplink, { kind: 'open' }>): Promise<void> {
  const uplink = uplinks[host]
  if (uplink === undefined) throw new RangeError(`there is no host ${host}`)
  const ways = { download: uplink.download.join(), upload: uplink.upload.join() }
  const opened = await Promise.all(targetPorts.map((port) => Relay.listen(port, ways)))
  relays.set(name, opened)
  tell({ kind: 'opened', name, ports: opened.map(({ port }) => port) })
}

function close(name: string): void {
  for (const relay of relays.get(name) ?? []) relay.close()
  relays.delete(name)
}

parentPort?.on('message', (message: ToUplink) => {
  const { name } = message
  if (message.kind === 'close') close(name)
  else open(message).catch((error: unknown) => tell({ kind: 'failed', name, message: String(error) }))
})
