import type { AgentConfig, Task } from '../model/task.ts'
import { checkTask, refused } from './check-task.ts'

/**
 * Lets in each task that this agent was made for, once: whoever replays one has until it expires to find another instance, and there the
 * rendezvous refuses it, as its round has begun. (Not a late one of a fixed work, which would move its chunk once more: nobody reads that reply.)
 *
 * @returns what throws InputError `TASK_REFUSED` for every other task
 */
export function createTaskGate(config: AgentConfig): (task: Task) => void {
  /** When each task that was let in expires, by its seal. */
  const taken = new Map<string, number>()
  return (task) => {
    checkTask(task, config)
    const now = Date.now()
    for (const [seal, expiresAtMs] of taken) if (expiresAtMs < now) taken.delete(seal)
    if (taken.has(task.seal)) throw refused(`it has run ${task.round}, attempt ${task.attempt}, invocation ${task.invocation} before`)
    taken.set(task.seal, task.expiresAtMs)
  }
}
