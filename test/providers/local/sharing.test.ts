import { describe, expect, test } from 'vitest'
import { jain, TestLab } from './lab.ts'

/** Ethernet frames carry 1448 bytes of payload in 1514. */
const goodput = (bitsPerSecond: number): number => (bitsPerSecond * 1448) / 1514
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
/** Off by how much of what was expected. */
const error = (rate: number, expected: number): number => Math.abs(rate / expected - 1)

/** Downloads on one host while another uploads: each has an uplink of its own. */
function bothWays(lab: TestLab, count: number, { seconds = 2, streams = 1 } = {}): Promise<[download: number[], upload: number[]]> {
  const args = ['-t', String(seconds), '-O', '1', '-P', String(streams)]
  return Promise.all([lab.iperf3(count, [...args, '-R'], 0), lab.iperf3(count, args, 1)])
}

// A machine that stands still for some milliseconds loses tokens of the shaper and never gains any: what a rate may exceed is tight, what it may
// fall short by is not. The accuracy itself is measured by `bench/goodput.ts` and `bench/sharing.ts`.
const stops = 0.25

test.each([50e6, 500e6])('one function behind %d bit/s has its goodput, and no percent more', async (uplinkBitsPerSecond) => {
  await using lab = await TestLab.start({ sharing: 'fifo', uplinkBitsPerSecond, hosts: 2 }, {}, 2)
  for (const [rate = 0] of await bothWays(lab, 1, { seconds: 4 })) {
    expect(rate / goodput(uplinkBitsPerSecond)).toBeLessThan(1.01)
    expect(rate / goodput(uplinkBitsPerSecond)).toBeGreaterThan(1 - stops)
  }
})

describe.concurrent('both ways', () => {
  test('fifo: one queue, so that all together have the uplink', async () => {
    await using lab = await TestLab.start({ sharing: 'fifo', uplinkBitsPerSecond: 100e6, hosts: 2 }, { concurrency: 4 }, 8)
    for (const rates of await bothWays(lab, 4)) expect(error(sum(rates), goodput(100e6))).toBeLessThan(stops)
  })

  test('capped: each its cap, until the uplink is full', async () => {
    await using lab = await TestLab.start(
      { sharing: 'capped', uplinkBitsPerSecond: 60e6, capBitsPerSecond: 20e6, hosts: 2 },
      { concurrency: 6 },
      12,
    )
    for (const rate of (await bothWays(lab, 2, { seconds: 4 })).flat()) expect(error(rate, 19.1e6)).toBeLessThan(stops)
    for (const rates of await bothWays(lab, 6)) expect(error(sum(rates), goodput(60e6))).toBeLessThan(stops)
  })

  test('fair: many streams gain nothing', async () => {
    await using lab = await TestLab.start({ sharing: 'fair', uplinkBitsPerSecond: 100e6, hosts: 2 }, { concurrency: 2 }, 4)
    const args = ['-t', '3', '-O', '1']
    for (const [host, way] of [['-R'], []].entries()) {
      const shares = await Promise.all([lab.iperf3At(0, [...args, ...way, '-P', '8'], host), lab.iperf3At(1, [...args, ...way], host)])
      for (const share of shares) expect(error(share, goodput(50e6))).toBeLessThan(stops)
    }
  })

  test('two hosts do not feel each other', async () => {
    await using lab = await TestLab.start({ sharing: 'fifo', uplinkBitsPerSecond: 50e6, hosts: 2 }, {}, 2)
    const rates = await Promise.all([0, 1].map((host) => lab.iperf3At(0, ['-t', '4', '-O', '1', '-R'], host)))
    for (const rate of rates) expect(error(rate, goodput(50e6))).toBeLessThan(stops)
  })

  test('cubic at both ends', async () => {
    await using lab = await TestLab.start({ sharing: 'fifo', uplinkBitsPerSecond: 50e6 }, {}, 1)
    for (const way of [['-R'], []]) {
      const command = ['iperf3', '-c', '198.19.255.1', '-J', '-t', '1', ...way]
      const { end } = JSON.parse((await lab.act({ act: 'command', command }))['stdout'] ?? '') as { end: Record<string, string> }
      expect([end['sender_tcp_congestion'], end['receiver_tcp_congestion']]).toEqual(['cubic', 'cubic'])
    }
  })
})

test('fair: equal shares of the whole uplink, also when fewer are active than there are', async () => {
  await using lab = await TestLab.start({ sharing: 'fair', uplinkBitsPerSecond: 600e6 }, { concurrency: 26 }, 26)
  for (const [n, way] of [
    [2, '-R'],
    [26, '-R'],
    [26, '--format=m'],
  ] as const) {
    const rates = await lab.iperf3(n, ['-t', '2', '-O', '0.5', way])
    expect(jain(rates)).toBeGreaterThan(0.99)
    expect(error(sum(rates), goodput(600e6))).toBeLessThan(stops)
  }
})

test('none: far above any of the limits', async () => {
  await using lab = await TestLab.start({ sharing: 'none' }, {}, 1)
  for (const way of ['-R', '--format=m']) expect(await lab.iperf3At(0, ['-t', '1', way])).toBeGreaterThan(1e9)
})
