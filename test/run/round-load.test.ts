import { expect, test } from 'vitest'
import type { Health } from '../../src/model/target.ts'
import { type LoadReading, loadOver } from '../../src/run/round-load.ts'

function reading(atMs: number, cpuSeconds: readonly number[], idleSeconds: number, sentBytes = 0): LoadReading {
  const health: Health = {
    epochMs: atMs,
    cores: 2,
    processes: cpuSeconds.map((seconds, index) => ({ pid: 100 + index, cpuSeconds: seconds })),
    nic: { receivedBytes: 0, sentBytes, speedBitsPerSecond: 1e9 },
    bytesSent: sentBytes,
    bytesReceived: 0,
  }
  return { atMs, targets: [health], hostCpu: { idleSeconds, totalSeconds: (atMs / 1000) * 2 } }
}

test('takes the readings inside the window, so that start and end do not dilute the load', () => {
  const readings = [reading(0, [0, 0], 0), reading(1000, [0, 0], 2), reading(2000, [1, 0.5], 2.5), reading(3000, [1, 0.5], 4.5)]
  const { targets, hostIdle } = loadOver(readings, 900, 2100)
  expect(targets).toEqual([{ cpuBusy: 0.75, busiestThread: 1, nicUse: 0 }])
  expect(hostIdle).toBeCloseTo(0.25)
})

test('takes the readings around a window that holds fewer than two', () => {
  const readings = [reading(0, [0], 0), reading(1000, [0.5], 1.5)]
  expect(loadOver(readings, 400, 600).targets[0]?.busiestThread).toBeCloseTo(0.5)
})

test('uses the speed of the interface where it is known', () => {
  const { targets } = loadOver([reading(0, [0], 0, 0), reading(1000, [0], 2, 62.5e6)], 0, 1000)
  expect(targets[0]?.nicUse).toBeCloseTo(0.5)
})

test('unknown stays absent', () => {
  expect(loadOver([], 0, 1000)).toEqual({ targets: [] })
  const silent: LoadReading = { atMs: 1000, targets: [undefined], hostCpu: undefined }
  expect(loadOver([{ ...silent, atMs: 0 }, silent], 0, 1000)).toEqual({ targets: [{}] })
  expect(loadOver([silent], 0, 1000).hostIdle).toBeUndefined()
})
