import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { LOOPBACK } from '../../../../src/providers/local/plain/relay.ts'
import { Uplink } from '../../../../src/providers/local/plain/uplink.ts'

const setup = { policy: { sharing: 'fair', uplinkBitsPerSecond: 100e6 }, hosts: 1 } as const

async function greeter(): Promise<number> {
  const server = createServer((socket) => socket.end('hello')).listen(0, LOOPBACK)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function read(port: number): Promise<string> {
  const socket = connect(port, LOOPBACK)
  return Buffer.from(await buffer(socket)).toString()
}

test('in a thread of its own: ports of its own for each function, until they are released', async () => {
  const uplink = new Uplink(setup)
  onTestFinished(() => uplink.close())
  const target = await greeter()
  const functions = Array.from({ length: 20 }, (_, index) => uplink.open({ name: `f${index}`, host: 0, targetPorts: [target, target] }))
  const ports = (await Promise.all(functions)).flat()
  expect(new Set(ports).size).toBe(40)
  expect(await Promise.all(ports.map(read))).toEqual(Array(40).fill('hello'))
  for (const index of Array(20).keys()) uplink.release(`f${index}`)
  await uplink.open({ name: 'last', host: 0, targetPorts: [] }) // messages are answered in order
  for (const port of ports) await expect(read(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('what cannot be opened is an error, also when the thread has ended', async () => {
  const uplink = new Uplink(setup)
  await expect(uplink.open({ name: 'a', host: 7, targetPorts: [1] })).rejects.toMatchObject({
    code: 'UPLINK_FAILED',
    message: expect.stringContaining('host 7'),
  })
  const pending = expect(uplink.open({ name: 'b', host: 0, targetPorts: [1] })).rejects.toMatchObject({ code: 'UPLINK_FAILED' })
  await uplink.close()
  await pending
  await expect(uplink.open({ name: 'c', host: 0, targetPorts: [1] })).rejects.toMatchObject({ code: 'UPLINK_FAILED' })
  uplink.release('a')
  await uplink.close()
})
