import { InputError } from '../model/errors.ts'
import { isSealedWith } from '../model/sealed-task.ts'
import type { Target } from '../model/target.ts'
import type { AgentConfig, Task } from '../model/task.ts'
import { isAllowed } from './allowed-targets.ts'

/**
 * Refuses a task that this agent was not made for.
 * @throws InputError `TASK_REFUSED` that says why; never with a secret in it
 */
export function checkTask(task: Task, config: AgentConfig): void {
  if (!isSealedWith(config.secret, task)) throw refused('it is not sealed with the secret that this agent was deployed with')
  const lateMs = Date.now() - task.expiresAtMs
  if (lateMs > 0) throw refused(`it expired ${lateMs} ms ago by this machine's clock`)
  checkTarget('target', task.target, config)
  checkTarget('rendezvous', task.rendezvous, config)
  const { module } = task.probe
  if (module !== undefined && !config.modules.includes(module)) {
    throw refused(`the probe module ${module} is not among those it may import: ${list(config.modules)}`)
  }
}

/** An error that says why a task is refused. */
export function refused(reason: string): InputError {
  return new InputError('TASK_REFUSED', `The agent refuses the task: ${reason}.`, { hint: 'Deploy an agent for this experiment.' })
}

/** "a, b" or "none". */
export const list = (names: readonly string[]): string => names.join(', ') || 'none'

function checkTarget(role: string, target: Target, config: AgentConfig): void {
  for (const address of [target.iperf3, target.http]) {
    if (!isAllowed(address, config.allowedTargets)) {
      throw refused(`its ${role} ${address} is not among those it may talk to: ${list(config.allowedTargets)}`)
    }
  }
  if (target.token !== undefined && !/^[\x21-\x7e]+$/.test(target.token))
    throw refused(`the token of its ${role} has characters that no header can carry`)
}
