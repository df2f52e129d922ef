import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AgentChild } from '../../src/providers/local/agent-child.ts'
import { launch, tracesOf } from '../providers/local/lab.ts'
import { eventually } from '../server/eventually.ts'
import { type InstanceHost, loopbackHost, shapedHost } from './instance-host.ts'

const node = (source: string): readonly string[] => [process.execPath, '--input-type=module', '-e', source]
const waits = node(`
  import { spawn } from 'node:child_process'
  const child = spawn('sleep', ['600'])
  console.log(JSON.stringify([process.pid, child.pid]))`)

async function output(child: AgentChild): Promise<string> {
  let said = ''
  for await (const text of child.stdout.setEncoding('utf8')) said += text
  return said
}

async function firstLine(child: AgentChild): Promise<string> {
  let said = ''
  while (!said.includes('\n')) said += (await once(child.stdout, 'data')).join('')
  return said
}

const alive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

const start = (host: InstanceHost, command: readonly string[], environment = {}, memoryMb = 512): Promise<AgentChild> =>
  host.start({ command, environment, memoryMb })

describe.each([
  { name: 'loopback', make: async () => loopbackHost() },
  {
    name: 'shaped',
    make: async () => {
      const host = shapedHost({ sharing: 'fifo', uplinkBitsPerSecond: 100e6 })
      await host.targetPlace.start(launch())
      return host
    },
  },
])('an instance of the $name host', ({ make }) => {
  test('has the environment that it was given, and talks by Unix sockets', async () => {
    await using host = await make()
    const directory = mkdtempSync(join(tmpdir(), 'instance-host-'))
    const server = createServer()
    try {
      server.listen(join(directory, 'socket'))
      await once(server, 'listening')
      const heard = once(server, 'connection').then(([socket]) => once(socket, 'data'))
      const says = `import { connect } from 'node:net'
        connect(process.env.SOCKET).end(process.env.NODE_OPTIONS)`
      const child = await start(host, node(says), { SOCKET: join(directory, 'socket'), NODE_OPTIONS: '--no-warnings' })
      const [[text]] = await Promise.all([heard, child.ended])
      expect(String(text)).toBe('--max-old-space-size=384 --no-warnings')
    } finally {
      server.close()
      rmSync(directory, { recursive: true })
    }
  })

  test('is ended with what it has started, by kill and by disposal', async () => {
    const host = await make()
    let left: number[] = []
    try {
      const children = [await start(host, waits), await start(host, waits)]
      const pids = await Promise.all(children.map(async (child) => JSON.parse(await firstLine(child)) as number[]))
      left = pids.flat()
      expect(left.filter(alive)).toHaveLength(4)
      children[0]?.kill()
      await expect(children[0]?.ended).resolves.toContain('SIGKILL')
      await eventually(() => expect(left.filter(alive)).toEqual(pids[1]), 5000)
    } finally {
      await host[Symbol.asyncDispose]()
    }
    await eventually(() => expect(left.filter(alive)).toEqual([]), 5000)
  })
})

describe('the shaped host', () => {
  test('holds instances to network, memory and CPU, and leaves nothing behind', async () => {
    const host = shapedHost({ sharing: 'capped', uplinkBitsPerSecond: 100e6, capBitsPerSecond: 20e6 })
    const running = await host.targetPlace.start(launch({ servers: 1 }))
    try {
      const address = running.target.iperf3.split(':')[0] ?? ''
      const [network, cpu, memory] = await Promise.all([
        start(host, ['iperf3', '-c', address, '-R', '-t', '1', '-J']),
        start(host, node(burning), {}, 128),
        start(host, node('for (const held = [];;) held.push(Buffer.alloc(2 ** 20, 1))'), {}, 128),
      ])
      const [iperf3, burnt, died] = await Promise.all([output(network), output(cpu), memory.ended])
      const { end } = JSON.parse(iperf3) as { readonly end: { readonly sum_received: { readonly bits_per_second: number } } }
      expect(end.sum_received.bits_per_second).toBeGreaterThan(10e6)
      expect(end.sum_received.bits_per_second).toBeLessThan(24e6)
      expect(Number(burnt)).toBeLessThan(0.12)
      expect(died).toContain('SIGKILL')
      expect(tracesOf(process.pid)).not.toEqual([])
    } finally {
      await running[Symbol.asyncDispose]()
    }
    expect(tracesOf(process.pid)).toEqual([])
    await host[Symbol.asyncDispose]()
    await expect(start(host, waits)).rejects.toThrow('after the end')
  })

  test('has no place for an instance before its target', async () => {
    await using host = shapedHost({ sharing: 'none' })
    await expect(start(host, waits)).rejects.toThrow('no uplink')
  })

  test('starts 16 instances at once, and a lab anew after the last', async () => {
    await using host = shapedHost({ sharing: 'fair', uplinkBitsPerSecond: 100e6 })
    for (const round of ['first', 'second']) {
      const running = await host.targetPlace.start(launch())
      const children = await Promise.all(Array.from({ length: 16 }, () => start(host, addressed)))
      const addresses = await Promise.all(children.map(firstLine))
      expect(new Set(addresses).size, round).toBe(16)
      await running[Symbol.asyncDispose]()
    }
  })
})

const addressed = ['sh', '-c', 'ip -o -4 addr show eth0; exec sleep 600']
const burning = `
  const [start, before] = [performance.now(), process.cpuUsage()]
  while (performance.now() - start < 3000);
  const { user, system } = process.cpuUsage(before)
  console.log((user + system) / 1000 / (performance.now() - start))`
