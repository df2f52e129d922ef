import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { daemonSocket, packageMissing, unreachable } from './daemon.ts'

/** Asks without waiting for events: what a machine can do is found out before a run begins. */
const ASK = `
const { get } = require('node:http')
const fail = ({ code, message }) => { console.error(JSON.stringify({ code, message })); process.exitCode = 1 }
get({ socketPath: process.argv[1], path: '/version', timeout: 10_000 }, (answer) => answer.pipe(process.stdout))
  .on('timeout', function () { this.destroy(new Error('no answer within 10 s')) })
  .on('error', fail)`

/**
 * Whether containers can be made at all.
 * @returns the daemon's version
 * @throws MeasurementError `PACKAGE_MISSING`, `DOCKER_REMOTE`, `DOCKER_UNREACHABLE`
 */
export function requireDocker(): string {
  const socket = daemonSocket()
  try {
    createRequire(import.meta.url).resolve('dockerode')
  } catch (cause) {
    throw packageMissing(cause)
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', ASK, socket], { encoding: 'utf8' })
  if (status !== 0) throw unreachable(socket, parse(stderr))
  const { Version } = parse(stdout)
  return typeof Version === 'string' ? Version : 'unknown'
}

export function dockerWorks(): boolean {
  try {
    requireDocker()
    return true
  } catch {
    return false
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return { message: text.trim().slice(0, 200) }
  }
}
