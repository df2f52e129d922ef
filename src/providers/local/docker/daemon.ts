import type Dockerode from 'dockerode'
import { MeasurementError } from '../../../model/errors.ts'

const DEFAULT_SOCKET = '/var/run/docker.sock'
/** The daemon answers within milliseconds; one that is starved of CPU still within this time. */
const ANSWER_TIMEOUT_MS = 30_000

/** A Docker daemon of this machine. */
export interface Daemon {
  /** Path of its Unix socket. */
  readonly socket: string
  readonly client: Dockerode
}

/**
 * The socket that `DOCKER_HOST` names, or `/var/run/docker.sock`.
 * @throws MeasurementError `DOCKER_REMOTE` for anything but a Unix socket: containers elsewhere cannot join the lab's network
 */
export function daemonSocket(): string {
  const host = process.env['DOCKER_HOST'] || `unix://${DEFAULT_SOCKET}`
  const path = /^unix:\/\/(\/.+)$/.exec(host)?.[1]
  if (path !== undefined) return path
  throw new MeasurementError('DOCKER_REMOTE', `DOCKER_HOST is "${host}"; the runner "docker" takes only unix:// and an absolute path.`, {
    hint: 'Use a Docker daemon on this machine: its containers must join the network that is built here.',
  })
}

/**
 * Loads dockerode; whether the daemon answers shows at the first call.
 * @throws MeasurementError `PACKAGE_MISSING`
 */
export async function connect(socket: string): Promise<Daemon> {
  const { default: Docker } = await import('dockerode').catch((cause: unknown) => {
    throw packageMissing(cause)
  })
  return { socket, client: new Docker({ socketPath: socket }) }
}

export function packageMissing(cause: unknown): MeasurementError {
  return new MeasurementError('PACKAGE_MISSING', 'The package dockerode is not installed; the runner "docker" needs it.', {
    hint: 'Run `npm install dockerode`.',
    cause,
  })
}

/**
 * Waits for the daemon's answer.
 *
 * @param what - what it was asked to do, for the message: `start a container`
 * @throws MeasurementError `DOCKER_UNREACHABLE`, `DOCKER_FAILED`
 */
export async function answer<Value>({ socket }: Daemon, what: string, asked: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)), ANSWER_TIMEOUT_MS)
  try {
    return await Promise.race([asked, late.promise])
  } catch (error) {
    throw isUnreachable(error) ? unreachable(socket, error) : refused(what, error)
  } finally {
    clearTimeout(timer)
  }
}

/** HTTP status of the daemon's refusal; undefined where it did not answer. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode, cause } = error as { readonly statusCode?: number; readonly cause?: unknown }
  return statusCode ?? (cause === undefined ? undefined : statusOf(cause))
}

interface SystemError {
  readonly code?: unknown
  readonly message?: unknown
}

const START = 'Start the Docker daemon (`systemctl start docker`), or set DOCKER_HOST to its socket.'
const READ_LOG = 'See in the log of the Docker daemon why it ended.'
const GET_RIGHTS = 'Run as root, or as a member of the group docker.'
const NO_CONNECTION: Readonly<Record<string, string>> = {
  ENOENT: START,
  ECONNREFUSED: START,
  ECONNRESET: READ_LOG,
  EPIPE: READ_LOG,
  EACCES: GET_RIGHTS,
  EPERM: GET_RIGHTS,
}

function isUnreachable(error: unknown): error is SystemError {
  return String((error as SystemError).code) in NO_CONNECTION
}

/** @param cause - what the connection broke with */
export function unreachable(socket: string, cause: SystemError): MeasurementError {
  return new MeasurementError('DOCKER_UNREACHABLE', `No Docker daemon answers at ${socket}: ${cause.message}.`, {
    hint: NO_CONNECTION[String(cause.code)] ?? START,
    cause,
  })
}

function refused(what: string, cause: unknown): MeasurementError {
  const said = (cause as { readonly json?: { readonly message?: string } }).json?.message ?? (cause as Error).message
  return new MeasurementError('DOCKER_FAILED', `The Docker daemon could not ${what}: ${said.trim().replace(/\.$/, '')}.`, {
    hint: 'Nothing of this run is left behind; read what the daemon said.',
    cause,
  })
}
