import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { eventually } from './eventually.ts'
import { realClient, startRealClient } from './real-client.ts'
import { ScriptedClient } from './scripted-client.ts'

let started: StartedTarget
const token = 'a-token-of-this-test'
beforeAll(async () => {
  started = await startTarget({
    port: 0,
    httpPort: 0,
    token,
    processes: 2,
    limits: { streams: 4, seconds: 5, bytes: 20e6, bitsPerSecond: 200e6 },
  })
})
afterAll(() => started.dispose())

test.each([
  ['no token', {}, 'access-denied'],
  ['a wrong token', { netfair_token: 'a-token-of-this-tesT' }, 'access-denied'],
  ['a token that is no text', { netfair_token: 1 }, 'access-denied'],
  ['too many streams', { netfair_token: token, parallel: 5 }, 6],
  ['too many streams, both ways', { netfair_token: token, parallel: 3, bidirectional: true }, 6],
  ['a huge number of streams', { netfair_token: token, parallel: 1e15 }, 6],
  ['no whole number of streams', { netfair_token: token, parallel: 1.5 }, 114],
  ['no stream', { netfair_token: token, parallel: 0 }, 114],
  ['too long', { netfair_token: token, time: 6 }, 5],
  ['a negative time', { netfair_token: token, time: -1 }, 114],
  ['no end', { netfair_token: token, time: 0 }, 5],
  ['a huge block', { netfair_token: token, len: 2e6 }, 7],
  ['a negative block', { netfair_token: token, len: -1 }, 114],
  ['too much to omit', { netfair_token: token, omit: 1e6 }, 12],
  ['too many bytes', { netfair_token: token, time: 0, num: 21e6 }, 27],
  ['too many blocks', { netfair_token: token, time: 0, blockcount: 1000 }, 27],
  ['a rate above the limit', { netfair_token: token, parallel: 3, bandwidth: 100e6 }, 27],
  ['a number that is text', { netfair_token: token, time: '1' }, 114],
  ['UDP', { netfair_token: token, tcp: undefined, udp: true }, 131],
])('refused: %s', async (_, parameters, refusal) => {
  using client = new ScriptedClient(started.target.iperf3)
  await client.propose({ time: 1, ...parameters })
  expect(await client.refusal()).toBe(refusal)
  await client.closed()
})

test('served with the token', async () => {
  using client = new ScriptedClient(started.target.iperf3)
  await client.begin({ netfair_token: token, time: 1, parallel: 4 }, 4)
  await client.finish([0, 0, 0, 0])
})

test('a real client has no token', async () => {
  const { report } = await realClient(started.target.iperf3, '-t', '1')
  expect(report.error).toContain('the server is busy')
})

test('a test that moves more bytes than allowed is ended', async () => {
  using client = new ScriptedClient(started.target.iperf3)
  await client.begin({ netfair_token: token, time: 1 })
  client.streams[0]?.write(Buffer.alloc(21e6))
  expect(await client.refusal()).toBe(27)
})

test('above the total rate the fastest test is ended', async () => {
  const open = await startTarget({ port: 0, httpPort: 0, open: true, processes: 2, limits: { bitsPerSecond: 50e6 } })
  try {
    const slow = startRealClient(open.target.iperf3, ['-t', '4', '-b', '5M'])
    const fast = await realClient(open.target.iperf3, '-t', '20')
    expect(fast.report.error).toContain('total required bandwidth is larger than server limit')
    expect((await slow.ended).report.error).toBeUndefined()
    await eventually(async () => {
      using client = new ScriptedClient(open.target.iperf3)
      await client.introduce()
    }, 1000)
  } finally {
    await open.dispose()
  }
}, 15_000)
