import { Socket, type SocketConstructorOpts } from 'node:net'

/**
 * The kernel socket below a `net.Socket`. Node has no documented way to give an accepted connection a reusable read buffer,
 * or to pass one to another process after part of it was read; both go through this handle. All uses of it are in this file.
 */
export interface SocketHandle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
  onread: () => void
  readStop(): number
  close(): void
}

/** What to do with the bytes that arrive: they are at the start of `buffer`, and gone after the call. False stops reading. */
export interface ReadInto {
  readonly buffer: Uint8Array | (() => Uint8Array)
  readonly callback: (bytes: number) => boolean
}

interface HandleOwner {
  _handle: SocketHandle | null
}

const owner = (socket: Socket): HandleOwner => socket as unknown as HandleOwner

/** Takes the handle out of a connection that has not been read yet (`pauseOnConnect`). */
export function detachHandle(socket: Socket): SocketHandle | undefined {
  const handle = owner(socket)._handle
  owner(socket)._handle = null
  socket.destroy()
  return handle ?? undefined
}

/** A socket on a handle; with `read` it reads without allocating and starts at once. */
export function socketOn(handle: SocketHandle, read?: ReadInto): Socket {
  const options: object = { handle, readable: true, writable: true, ...(read === undefined ? {} : { onread: read }) }
  const socket = new Socket(options as SocketConstructorOpts)
  socket.on('error', () => {})
  if (read !== undefined) socket.resume().read(0)
  return socket
}

/** Stops reading at once, so that no further byte is taken from the kernel, and takes the handle out. */
export function releaseHandle(socket: Socket): SocketHandle | undefined {
  const handle = owner(socket)._handle
  if (handle === null) return undefined
  handle.readStop()
  handle.onread = () => {}
  return detachHandle(socket)
}

/** Bytes that the kernel has taken from this socket: all written ones but those that still wait in the process. */
export function bytesTaken(socket: Socket): number | undefined {
  const handle = owner(socket)._handle
  return handle === null ? undefined : handle.bytesWritten - handle.writeQueueSize
}
