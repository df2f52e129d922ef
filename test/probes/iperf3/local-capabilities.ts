import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDownload } from '../../../src/agent/http-download.ts'
import { openTcpStream } from '../../../src/agent/tcp-stream.ts'
import type { Capabilities } from '../../../src/model/capabilities.ts'
import { type CommonMs, commonMs } from '../../../src/model/units.ts'

/** Capabilities of this process, without an allow-list: the real streams on this machine's clock. */
export function localCapabilities(signal: AbortSignal): Capabilities {
  const now = (): CommonMs => commonMs(performance.timeOrigin + performance.now())
  return {
    signal,
    now,
    fromTarget: commonMs,
    connect: (address) => openTcpStream(address, { signal, now }),
    openDownload: (url, options = {}) => openDownload(url, options, { signal, now, isAllowed: () => true }),
    until: async (instant) => {
      for (let left = instant - now(); left > 0; left = instant - now()) await sleep(left, undefined, { signal })
    },
    randomBytes: (length) => randomBytes(length),
  }
}
