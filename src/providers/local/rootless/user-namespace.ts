import { MeasurementError } from '../../../model/errors.ts'
import { type AgentChild, spawnTagged } from '../agent-child.ts'
import type { Ground } from '../host-command.ts'
import { keepTail, onLines } from '../line-reader.ts'
import { PRIVATE_RUN, UNSHARE } from './private-run.ts'

const READY_TIMEOUT_MS = 10_000
/** Ends when its standard input does: when this process ends, in any way. What it has made is gone with its last process. */
const HOLD = `${PRIVATE_RUN}echo $$; exec cat > /dev/null`

/** Stands for the host where this user may not change the host's own network: namespaces in which the user is root. */
export class UserNamespace implements Ground {
  readonly #run: string
  #holder: AgentChild | undefined
  #pid: string | undefined

  constructor(run: string) {
    this.#run = run
  }

  get enter(): readonly string[] {
    if (this.#pid === undefined) throw new RangeError('the user namespace is not open')
    return ['nsenter', '--preserve-credentials', '--user', '--net', '--mount', '--target', this.#pid, '--']
  }

  /** @throws MeasurementError `HOST_UNSUITABLE` */
  async open(): Promise<void> {
    const holder = spawnTagged(this.#run, [...UNSHARE, 'sh', '-c', HOLD], { LC_ALL: 'C' })
    this.#holder = holder
    const said = keepTail(holder.stderr)
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const timer = setTimeout(() => reject(closed(`was not there within ${READY_TIMEOUT_MS / 1000} s`, said())), READY_TIMEOUT_MS)
    onLines(holder.stdout, resolve)
    void holder.ended.then((how) => reject(closed(how, said())))
    try {
      this.#pid = await promise
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    this.#holder?.kill()
    await this.#holder?.ended
  }
}

function closed(how: string, said: string): MeasurementError {
  return new MeasurementError('HOST_UNSUITABLE', `The user namespace ${how}.${said ? ` It said: ${said}` : ''}`, {
    hint: 'Run `netfair providers` to see what this machine allows.',
  })
}
