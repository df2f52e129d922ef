import { COOKIE_BYTES } from '../probes/iperf3/wire.ts'
import { releaseHandle, type SocketHandle, socketOn } from './socket-handle.ts'

/** The text of a cookie, or nothing when these bytes are none: 36 printable characters and one NUL. */
export function parseCookie(bytes: Uint8Array): string | undefined {
  if (bytes.length !== COOKIE_BYTES || bytes[COOKIE_BYTES - 1] !== 0) return undefined
  const text = bytes.subarray(0, COOKIE_BYTES - 1)
  return text.every((byte) => byte > 32 && byte < 127) ? Buffer.from(text).toString('latin1') : undefined
}

/** A connection that has told its cookie, and nothing else: every byte behind it is still in the kernel. */
export interface Introduced {
  readonly cookie: string
  readonly handle: SocketHandle
}

/**
 * Reads exactly the cookie. Gives nothing, and closes, when it does not come in time, is none, or the peer goes away.
 * @param signal - aborted when nobody wants it any more
 */
export function readCookie(handle: SocketHandle, waitMs: number, signal: AbortSignal): Promise<Introduced | undefined> {
  const bytes = new Uint8Array(COOKIE_BYTES)
  let length = 0
  return new Promise((resolve) => {
    // The buffer is never larger than what is missing, so no read can go past the cookie.
    const socket = socketOn(handle, {
      buffer: () => bytes.subarray(length),
      callback: (count) => {
        length += count
        if (length < COOKIE_BYTES) return true
        finish(parseCookie(bytes))
        return false
      },
    })
    const giveUp = (): void => finish(undefined)
    const timer = setTimeout(giveUp, waitMs)
    signal.addEventListener('abort', giveUp)
    socket.once('end', giveUp).once('close', giveUp)

    function finish(cookie: string | undefined): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      socket.removeAllListeners('close')
      const released = cookie === undefined ? undefined : releaseHandle(socket)
      if (cookie === undefined || released === undefined) {
        socket.destroy()
        resolve(undefined)
      } else resolve({ cookie, handle: released })
    }
  })
}
